"""Orders and post-dominators of a step graph, on names alone; linear, and without recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Order:
    """A depth-first search: steps in reverse postorder, and the edges that lead back."""

    steps: tuple[str, ...]
    back_edges: tuple[tuple[str, str], ...]


def depth_first(graph: Graph, entry: str) -> Order:
    """The order of the steps that `entry` reaches; successors are taken as they are listed."""
    finished: dict[str, None] = {}
    open_steps = {entry}
    back_edges: list[tuple[str, str]] = []
    trail: list[tuple[str, Iterator[str]]] = [(entry, iter(graph[entry]))]
    while trail:
        step, successors = trail[-1]
        for successor in successors:
            if successor in open_steps:
                back_edges.append((step, successor))
            elif successor not in finished:
                open_steps.add(successor)
                trail.append((successor, iter(graph[successor])))
                break
        else:
            trail.pop()
            open_steps.remove(step)
            finished[step] = None
    return Order(tuple(reversed(finished)), tuple(back_edges))


def predecessors(graph: Graph) -> dict[str, list[str]]:
    """For each step the steps that lead to it."""
    found: dict[str, list[str]] = {step: [] for step in graph}
    for step, successors in graph.items():
        for successor in successors:
            found[successor].append(step)
    return found


def reachable(graph: Graph, entries: Iterable[str]) -> set[str]:
    """The steps that can be reached from the entries, those included."""
    found = set(entries)
    waiting = list(found)
    while waiting:
        fresh = [step for step in graph[waiting.pop()] if step not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def natural_loop(entering: Graph, latch: str, header: str) -> set[str]:
    """The steps from which `latch` is reached without passing `header`, both included."""
    body = {header, latch}
    waiting = [latch] if latch != header else []
    while waiting:
        fresh = [step for step in entering[waiting.pop()] if step not in body]
        body.update(fresh)
        waiting.extend(fresh)
    return body


def immediate_post_dominators(graph: Graph, order: Sequence[str]) -> dict[str, str]:
    """For each step but the last of `order` the first one that all its ways to the end share.

    `graph` has no cycles, `order` is topological, and every step reaches its last one.
    """
    rank = {step: place for place, step in enumerate(order)}
    following: dict[str, str] = {order[-1]: order[-1]}

    def meet(one: str, other: str) -> str:
        while one != other:
            if rank[one] < rank[other]:
                one = following[one]
            else:
                other = following[other]
        return one

    for step in reversed(order[:-1]):
        # Nearest first, so that a long chain of exits is climbed once, not once for each exit.
        nearest, *others = sorted(graph[step], key=rank.__getitem__)
        for other in others:
            nearest = meet(nearest, other)
        following[step] = nearest
    del following[order[-1]]
    return following
