"""Which edges concern which frame: those between its members, and those that leave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowc.graph.step_graph import Edge, Frame, FrameKind, Member, StepGraph

# The frames around a step, from the outside in, and the step itself.
Trail: TypeAlias = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Hop:
    """An edge between two members of a frame; without a `target` it leaves the frame.

    One of the hops of an edge, near its source, shows its label.
    """

    edge: int
    source: str
    target: str
    shows_label: bool


def member_name(member: Member) -> str:
    """A name that no other member has; a frame's holds a space, as no step's does."""
    return member if isinstance(member, str) else f"{member.kind} {member.at} {member.first}"


def find_hops(graph: StepGraph) -> Mapping[str, Sequence[Hop]]:
    """The hops of each frame, by its name, and of the whole flow, whose name is empty.

    Edges that lead back are not among them. Nobody enters a frame but by its first step, so that
    the inside of a frame has no part in the edges that come in.
    """
    trails = dict(_trails(graph.members, ()))
    hops: dict[str, list[Hop]] = defaultdict(list)
    for number, edge in enumerate(graph.edges):
        if not edge.back:
            for frame, hop in _hops(number, edge, trails[edge.source], trails[edge.target]):
                hops[frame].append(hop)
    return hops


def _trails(members: Sequence[Member], around: Trail) -> Iterator[tuple[str, Trail]]:
    for member in members:
        trail = (*around, member)
        if isinstance(member, Frame):
            yield from _trails(member.members, trail)
        else:
            yield member, trail


def _hops(number: int, edge: Edge, source: Trail, target: Trail) -> Iterator[tuple[str, Hop]]:
    """The hops of an edge with their frames, from the outside in."""
    meeting = _common(source, target)
    innermost = len(source) - 1
    if innermost > meeting and _closes(edge.source, source[-2]):
        # Where a loop is left reads better below the loop.
        innermost -= 1
    for depth in range(meeting, len(source)):
        frame = member_name(source[depth - 1]) if depth else ""
        end = member_name(target[depth]) if depth == meeting else ""
        yield frame, Hop(number, member_name(source[depth]), end, depth == innermost)


def _common(one: Trail, other: Trail) -> int:
    """How many frames stand around both."""
    depth = 0
    while one[depth] == other[depth]:
        depth += 1
    return depth


def _closes(step: str, around: Member) -> bool:
    return isinstance(around, Frame) and around.kind is FrameKind.LOOP and around.at == step
