"""How far a run is, step by step, by its plan and what its tasks have left in the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from flowc.history.reader import Reader

_Block: TypeAlias = Sequence[Mapping[str, Any]]
# A bucket answers many at once, and each of them takes its time.
_READERS = 16


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far a step is. `total` is `None` where only the run will tell it.

    `open` are the paths of tasks that have started and are not done: they run, have failed, or
    were stopped, which only their engine knows.
    """

    step: str
    done: int = 0
    total: int | None = None
    open: frozenset[str] = frozenset()


@dataclass(slots=True)
class Progress:
    """Looks again and again at one run; what a foreach has recorded is read once."""

    reader: Reader
    flow: str
    run: str
    _plan: Mapping[str, Any] = field(default_factory=dict)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The flow's file, once the first task has started."""
        return str(self._plan.get("file", ""))

    def look(self) -> tuple[StepProgress, ...]:
        """Each step in the flow's order; none before the first task has started."""
        base = f"{self.flow}/{self.run}/_flowc"
        self._plan = self._plan or self.reader.entries(f"{base}/plan.json")
        if not self._plan:
            return ()
        steps = list(dict(_totals(self._plan["body"], 1, {})))
        with ThreadPoolExecutor(_READERS) as pool:
            done = dict(zip(steps, pool.map(partial(self._done, base), steps), strict=True))
            started = dict(zip(steps, pool.map(partial(self._started, base), steps), strict=True))
            opening = dict.fromkeys(_foreaches(self._plan["body"]))
            known = [(step, path) for step in opening for path in done[step]]
            new = [task for task in known if task not in self._counts]
            self._counts.update(zip(new, pool.map(self._count, new), strict=True))
        totals = dict(_totals(self._plan["body"], 1, self._total(known)))
        return tuple(
            StepProgress(step, len(done[step]), totals.get(step), started[step] - done[step])
            for step in steps
        )

    def _done(self, base: str, step: str) -> frozenset[str]:
        names = self.reader.names(f"{base}/done/{step}")
        return frozenset(name.removesuffix(".json") for name in names)

    def _started(self, base: str, step: str) -> frozenset[str]:
        names = self.reader.names(f"{base}/attempts/{step}")
        return frozenset(name.rpartition("@")[0] for name in names)

    def _count(self, task: tuple[str, str]) -> int:
        """How many tasks the foreach has that a task opened."""
        done = self.reader.done(self.flow, self.run, task)
        return done.control.count if done else 0

    def _total(self, tasks: Iterable[tuple[str, str]]) -> dict[str, int]:
        found: dict[str, int] = {}
        for step, path in tasks:
            found[step] = found.get(step, 0) + self._counts[step, path]
        return found


def _foreaches(block: _Block) -> Iterator[str]:
    """The steps that open a foreach."""
    for region in block:
        if "foreach" in region:
            yield region["foreach"]
        for inner in _blocks(region):
            yield from _foreaches(inner)


def _totals(
    block: _Block, times: int | None, counts: Mapping[str, int]
) -> Iterator[tuple[str, int | None]]:
    """How many tasks each step has, where what is on record tells it."""
    for region in block:
        if "task" in region:
            yield region["task"], times
        elif "foreach" in region:
            yield from _totals(region["body"], counts.get(region["foreach"]), counts)
        else:
            certain = times if "split" in region else None
            for inner in _blocks(region):
                yield from _totals(inner, certain, counts)


def _blocks(region: Mapping[str, Any]) -> Iterable[_Block]:
    if "split" in region:
        return list(region["branches"])
    if "switch" in region:
        return list(region["arms"].values())
    return [region["body"]] if "body" in region else []
