"""Recovering structure: long flows, and many splits in a row, whose paths double with each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from bench.measure import Row, growth
from flowc.diagnostics import Span
from flowc.ir.flow import Flow, Kind, Step, Target, Transition
from flowc.passes.nest_regions import nest_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

TIMES = 10
MOST_GROWTH = 12
MOST_SECONDS = 1.0
NOWHERE = Span("flow.py")
_ROUNDS = 5


def rows(rounds: int, _: Path) -> Iterator[Row]:
    """For each shape: the time, and how it grows when the flow does."""
    for unit, shape, size in (("steps in a row", linear, 5000), ("splits in a row", splits, 200)):
        contenders = _recovery(shape(size // TIMES)), _recovery(shape(size))
        # Milliseconds are soon disturbed, and as soon measured again.
        small, large = growth(*contenders, TIMES, _ROUNDS * rounds)
        grown = large.least / small.least
        met = large.median <= MOST_SECONDS and grown <= MOST_GROWTH
        target = f"≤ {MOST_SECONDS:g} s, ≤ {MOST_GROWTH} for {TIMES} times the steps"
        yield Row(f"structure of {size:,} {unit}", str(large), "-", f"{grown:.1f}", target, met)


def linear(steps: int) -> Flow:
    """So many steps in a row."""
    names = ["start", *(f"step_{number}" for number in range(1, steps - 1)), "end"]
    following = pairwise(names)
    return _flow([*(_step(name, [follow]) for name, follow in following), _step("end", [])])


def splits(count: int) -> Flow:
    """So many two-way splits, one after the other."""
    steps = [_step("start", ["fork_0"])]
    for number in range(count):
        left, right, join = f"left_{number}", f"right_{number}", f"join_{number}"
        follow = f"fork_{number + 1}" if number + 1 < count else "end"
        steps += [_step(f"fork_{number}", [left, right]), _step(left, [join]), _step(right, [join])]
        steps.append(_step(join, [follow], "self", "inputs"))
    return _flow([*steps, _step("end", [])])


def _recovery(flow: Flow) -> Callable[[], None]:
    def recover() -> None:
        nested, diagnostics = nest_regions(flow)
        if nested is None:
            raise SystemExit(f"a flow of the benchmark has no structure: {diagnostics}")

    return recover


def _step(name: str, targets: Sequence[str], *arguments: str) -> Step:
    kind = Kind.SPLIT if len(targets) > 1 else Kind.LINEAR
    named = tuple(Target(target, NOWHERE) for target in targets)
    transition = Transition(kind, named, NOWHERE) if targets else None
    return Step(name, NOWHERE, transition, arguments or ("self",))


def _flow(steps: Sequence[Step]) -> Flow:
    return Flow("BenchFlow", "flow.py", NOWHERE, {step.name: step for step in steps})
