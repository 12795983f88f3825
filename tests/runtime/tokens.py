"""Which tasks a flow runs and from which parents, by passing tokens along its steps.

It knows steps and the loops they are in, but no regions and no control records.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Task = tuple[str, str]
    # A frame of a path: which foreach or loop it is of, and its number.
    Frames = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Node:
    """A step; `decide` gives a foreach's count or a switch's choice, by the numbers in its path."""

    kind: str
    next: tuple[str, ...] = ()
    decide: Callable[[list[int]], int | str] | None = None
    join: bool = False


@dataclass(frozen=True)
class Cycle:
    """A loop: its name, the step that closes it, the one it goes back to, and all steps inside."""

    name: str
    latch: str
    header: str
    inside: frozenset[str]


@dataclass(frozen=True)
class _Open:
    frames: Frames
    width: int


class Tokens:
    """One run: `parents` by task, and `decided` by task for those that decide."""

    def __init__(self, nodes: Mapping[str, Node], cycles: list[Cycle], start: str) -> None:
        self._nodes = nodes
        self._cycles = sorted(cycles, key=lambda cycle: -len(cycle.inside))
        self._arrived: dict[tuple[str, Frames], list[Task]] = defaultdict(list)
        self.parents: dict[Task, list[Task]] = {}
        self.decided: dict[Task, int | str] = {}
        self._run(start, self._entered((), start), [], ())

    def _run(
        self, step: str, frames: Frames, parents: list[Task], opened: tuple[_Open, ...]
    ) -> None:
        node, task = self._nodes[step], (step, _path(frames))
        assert task not in self.parents, f"{task} runs twice"
        self.parents[task] = parents
        if node.decide:
            self.decided[task] = node.decide([number for _, number in frames])
        if node.kind == "foreach":
            count = self.decided[task]
            assert isinstance(count, int)
            for i in range(count):
                inner = (*opened, _Open(frames, count))
                self._go(step, node.next[0], (*frames, (step, i)), task, inner)
        elif node.kind == "split":
            for target in node.next:
                self._go(step, target, frames, task, (*opened, _Open(frames, len(node.next))))
        elif node.kind == "switch":
            self._go(step, str(self.decided[task]), frames, task, opened)
        elif node.kind == "linear":
            self._go(step, node.next[0], frames, task, opened)

    def _go(
        self, step: str, target: str, frames: Frames, task: Task, opened: tuple[_Open, ...]
    ) -> None:
        frames = self._moved(step, target, frames)
        if not self._nodes[target].join:
            self._run(target, frames, [task], opened)
            return
        fork = opened[-1]
        place = self._entered(self._moved(step, target, fork.frames), target)
        arrived = self._arrived[target, place]
        arrived.append(task)
        if len(arrived) == fork.width:
            self._run(target, place, arrived, opened[:-1])

    def _moved(self, step: str, target: str, frames: Frames) -> Frames:
        for cycle in self._cycles:
            numbers = dict(frames)
            if (step, target) == (cycle.latch, cycle.header) and cycle.name in numbers:
                depth = [name for name, _ in frames].index(cycle.name)
                again = (*frames[:depth], (cycle.name, numbers[cycle.name] + 1))
                return self._entered(again, target)
        left = {cycle.name for cycle in self._cycles if target not in cycle.inside}
        return self._entered(tuple(frame for frame in frames if frame[0] not in left), target)

    def _entered(self, frames: Frames, target: str) -> Frames:
        here = {name for name, _ in frames}
        new = [c.name for c in self._cycles if target in c.inside and c.name not in here]
        return (*frames, *((name, 0) for name in new))


def _path(frames: Frames) -> str:
    # Loops are named in capitals, so that their frames can be told from a foreach's.
    return ".".join(["t", *(f"r{n}" if name.isupper() else str(n) for name, n in frames)])
