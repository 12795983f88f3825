"""Reading a flow: how its time grows with the number of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import flows
from bench.measure import Row, growth
from flowc.driver import structure
from flowc.syntax.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

STEPS = 5000
TIMES = 10
MOST_GROWTH = 12


def rows(rounds: int, _: Path) -> Iterator[Row]:
    """The time from a text to a flow with its regions, beside that of a tenth of the steps."""
    small, large = growth(_reading(STEPS // TIMES), _reading(STEPS), TIMES, rounds)
    grown = large.least / small.least
    yield Row(
        f"reading of {STEPS:,} steps in a row",
        str(large),
        "-",
        f"{grown:.1f} times that of {STEPS // TIMES:,}: {small}",
        f"≤ {MOST_GROWTH} for {TIMES} times the steps",
        grown <= MOST_GROWTH,
    )


def _reading(steps: int) -> Callable[[], None]:
    text = flows.linear(steps, "flowc")

    def read() -> None:
        flow, diagnostics = structure(Source("flow.py", text))
        if flow is None:
            raise SystemExit(f"a flow of the benchmark cannot be read: {diagnostics}")

    return read
