"""What a flow must execute, by passing tokens along its steps: no regions, no compiler."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from random_flows import FOREACH, GANG, SPLIT, SWITCH, again, heard, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from random_flows import Graph, Node

Task: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Ran:
    """An executed task: its parents in the order in which a join sees them, and its trail."""

    parents: tuple[Task, ...]
    trail: str


def oracle(graph: Graph) -> dict[Task, list[Task]]:
    """Each task that must run, with its parents, sorted."""
    return {task: sorted(ran.parents) for task, ran in execute(graph).items()}


def trails(graph: Graph) -> dict[Task, str]:
    """The `trail` artifact of each task."""
    return {task: ran.trail for task, ran in execute(graph).items()}


def execute(graph: Graph) -> dict[Task, Ran]:
    """Run the graph: each task once, after all its parents."""
    ran: dict[Task, Ran] = {}
    joins = _Joins(graph)
    tokens = deque([_Token(graph.start, "t")])
    while tokens:
        arrival = joins.admit(tokens.popleft())
        if not arrival:
            continue
        token, parents = arrival
        assert token.task not in ran, f"{token.task} runs twice"
        ran[token.task] = Ran(parents, _trail(graph.steps[token.step], token, parents, ran))
        tokens.extend(_sent(graph, token))
    joins.assert_empty()
    return ran


@dataclass(frozen=True, slots=True)
class _Fork:
    """An open split or foreach that a token came through: whose, as which of how many."""

    task: Task
    slot: int
    width: int


@dataclass(frozen=True, slots=True)
class _Token:
    step: str
    path: str
    sender: Task | None = None
    forks: tuple[_Fork, ...] = ()

    @property
    def task(self) -> Task:
        return (self.step, self.path)


class _Joins:
    """Holds tokens back until all the siblings of a fork are there."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._waiting: dict[Task, dict[int, Task]] = defaultdict(dict)

    def admit(self, token: _Token) -> tuple[_Token, tuple[Task, ...]] | None:
        if not self._graph.steps[token.step].join:
            return token, (token.sender,) if token.sender else ()
        *outer, fork = token.forks
        _, path = fork.task
        assert token.sender
        here = self._waiting[token.step, path]
        assert fork.slot not in here, f"{token.step} hears twice from branch {fork.slot}"
        here[fork.slot] = token.sender
        if len(here) < fork.width:
            return None
        del self._waiting[token.step, path]
        parents = tuple(here[slot] for slot in sorted(here))
        return replace(token, path=path, forks=tuple(outer)), parents

    def assert_empty(self) -> None:
        assert not self._waiting, f"joins still wait: {sorted(self._waiting)}"


def _trail(node: Node, token: _Token, parents: tuple[Task, ...], ran: Mapping[Task, Ran]) -> str:
    item = ""
    if node.item:
        (_, path), slot = token.forks[-1].task, token.forks[-1].slot
        item = f"{path}/{slot}"
    return heard(token.step, token.path, [ran[parent].trail for parent in parents], item)


def _sent(graph: Graph, token: _Token) -> Iterator[_Token]:
    """The tokens a task sends on."""
    node = graph.steps[token.step]
    if node.kind in (FOREACH, GANG):
        width = pick(node.table, token.path)
        for index in range(width):
            forks = (*token.forks, _Fork(token.task, index, width))
            path = f"{token.path}.{index}"
            yield _entering(graph, _Token(node.next[0], path, token.task, forks))
    elif node.kind == SPLIT:
        for slot, target in enumerate(node.next):
            forks = (*token.forks, _Fork(token.task, slot, len(node.next)))
            yield _entering(graph, _Token(target, token.path, token.task, forks))
    elif node.kind == SWITCH:
        yield _chosen(graph, token)
    else:
        for target in node.next:
            yield _entering(graph, _Token(target, token.path, token.task, token.forks))


def _chosen(graph: Graph, token: _Token) -> _Token:
    node, path = graph.steps[token.step], token.path
    if node.header:
        path, _, iteration = path.rpartition(".r")
        if again(node.rounds, token.path):
            return _Token(node.header, f"{path}.r{int(iteration) + 1}", token.task, token.forks)
    target = node.next[pick(node.table, token.path)]
    return _entering(graph, _Token(target, path, token.task, token.forks))


def _entering(graph: Graph, token: _Token) -> _Token:
    """The token with the frame of the loop that it enters from outside, if any."""
    return replace(token, path=f"{token.path}.r0") if token.step in graph.headers else token
