"""The step graph: each step once, the edges between them, and the frames that stand around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from flowc.ir.flow import Flow, Kind, Step
from flowc.ir.region import Block, Foreach, Loop, Region, Split, Switch, Task, walk


class FrameKind(StrEnum):
    """Why steps stand together; only a `BRANCH`, of a split or switch, is not shown."""

    FOREACH = "foreach"
    GANG = "gang"
    LOOP = "loop"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Frame:
    """Steps that run together, entered by the first of them alone.

    `at` opens a foreach, gang or branch, and closes a loop.
    """

    kind: FrameKind
    at: str
    members: tuple[Member, ...]

    @property
    def first(self) -> str:
        """The step that the frame is entered by."""
        first = self.members[0]
        return first if isinstance(first, str) else first.first


Member: TypeAlias = str | Frame


@dataclass(frozen=True, slots=True)
class Edge:
    """A step and one that may come next; `kind` is that of the transition.

    `cases` are those of a switch that lead there.
    """

    source: str
    target: str
    kind: Kind
    cases: tuple[str, ...] = ()
    back: bool = False


@dataclass(frozen=True, slots=True)
class StepGraph:
    """Steps as they may run, nested in frames, and the edges in the same order."""

    members: tuple[Member, ...]
    edges: tuple[Edge, ...]


def step_graph(flow: Flow) -> StepGraph:
    """The graph of a flow with its regions."""
    members = _Framing(flow.body).members(flow.body)
    return StepGraph(members, tuple(_edges(flow, members)))


def steps_in_order(members: tuple[Member, ...]) -> Iterator[str]:
    """The steps as they may run, those of inner frames included."""
    for member in members:
        if isinstance(member, str):
            yield member
        else:
            yield from steps_in_order(member.members)


def _edges(flow: Flow, members: tuple[Member, ...]) -> Iterator[Edge]:
    backward = {(region.at, region.to) for region in walk(flow.body) if isinstance(region, Loop)}
    for name in steps_in_order(members):
        step = flow.steps[name]
        for target in step.next_steps:
            yield Edge(name, target, step.kind, _cases(step, target), (name, target) in backward)


def _cases(step: Step, target: str) -> tuple[str, ...]:
    named = step.transition.targets if step.transition else ()
    return tuple(each.case for each in named if each.step == target and each.case is not None)


class _Framing:
    """Turns regions into members; what arms share, and regions hold twice, stands there once."""

    def __init__(self, body: Block) -> None:
        tasks = Counter(region.step for region in walk(body) if isinstance(region, Task))
        self._shared = {step for step, copies in tasks.items() if copies > 1}
        self._seen: set[str] = set()

    def members(self, block: Block) -> tuple[Member, ...]:
        return tuple(member for region in block for member in self._region(region))

    def _region(self, region: Region) -> Iterator[Member]:
        match region:
            case Task(step):
                if step not in self._seen:
                    self._seen.add(step)
                    yield step
            case Split(at, branches):
                for branch in branches:
                    yield from self._frame(FrameKind.BRANCH, at, branch)
            case Foreach(at, body, gang):
                yield from self._frame(FrameKind.GANG if gang else FrameKind.FOREACH, at, body)
            case Switch(at, arms):
                for arm in arms:
                    yield from self._arm(at, arm.body)
            case Loop(at, _, body):
                yield from self._frame(FrameKind.LOOP, at, body)
            case _:
                assert_never(region)

    def _frame(self, kind: FrameKind, at: str, block: Block) -> Iterator[Member]:
        if members := self.members(block):
            yield Frame(kind, at, members)

    def _arm(self, at: str, block: Block) -> Iterator[Member]:
        """The arm as a frame; its bare members if a step of it is entered from other arms too."""
        steps = {region.step for region in walk(block) if isinstance(region, Task)}
        if steps & self._shared:
            yield from self.members(block)
        else:
            yield from self._frame(FrameKind.BRANCH, at, block)
