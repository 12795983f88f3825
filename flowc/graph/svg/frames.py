"""Lays out frames in frames, up to the whole flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flowc.graph.step_graph import Edge, Frame, FrameKind, Member, StepGraph
from flowc.graph.svg.arrangement import Arrangement, Point, Thing, Wire, arrange
from flowc.graph.svg.boxes import Box
from flowc.graph.svg.layout import Layout, Outline
from flowc.graph.svg.pills import Pill, pill
from flowc.graph.svg.wiring import Hop, find_hops, member_name
from flowc.graph.wording import edge_label

_SIDE, _ABOVE, _BELOW = 18.0, 16.0, 18.0
_BESIDE_LANE = 14.0
# How far from a box's corners a loop of that one step leaves and enters it.
_OFF_CORNER = 8.0
# How far a second outline of a foreach stands out behind the first.
STACKED = 5.0


def lay_out(graph: StepGraph, boxes: Mapping[str, Box], titles: Mapping[str, str]) -> Layout:
    """The whole flow; `titles` has what each visible frame is called, by its member's name."""
    return _LayingOut(graph, boxes, titles).block("", graph.members)


class _LayingOut:
    """Goes from the inside out: each frame becomes a thing of its surroundings."""

    def __init__(
        self, graph: StepGraph, boxes: Mapping[str, Box], titles: Mapping[str, str]
    ) -> None:
        self._edges = graph.edges
        self._back_edges = {edge.source: n for n, edge in enumerate(graph.edges) if edge.back}
        self._boxes = boxes
        self._titles = titles
        self._hops = find_hops(graph)

    def block(self, name: str, members: Sequence[Member]) -> Layout:
        """The members of the frame of that name, in rows, without anything around them."""
        inner = {member_name(member): self._member(member) for member in members}
        wires, labels = self._wires(self._hops.get(name, ()), inner)
        things = [Thing(name, it.width, it.height) for name, it in (inner | labels).items()]
        arranged = arrange(things, wires)
        placed = [it.moved(arranged.corners[name]) for name, it in inner.items()]
        pills = [
            it.moved(arranged.corners[name].moved(Point(it.width / 2, 0)))
            for name, it in labels.items()
        ]
        return _joined(placed, arranged, wires, pills)

    def _member(self, member: Member) -> Layout:
        if isinstance(member, Frame):
            return self._frame(member)
        box = self._boxes[member]
        return Layout(box.width, box.height, box.width / 2, boxes={member: Point(0, 0)})

    def _wires(
        self, hops: Sequence[Hop], inner: Mapping[str, Layout]
    ) -> tuple[list[Wire], dict[str, Pill]]:
        """The wires of hops; one with a label is two wires, with the label as a thing between."""
        wires: list[Wire] = []
        labels: dict[str, Pill] = {}
        for hop in hops:
            source = inner[hop.source]
            leave = source.exits.get(hop.edge, source.width / 2) - source.width / 2
            enter = inner[hop.target].entry - inner[hop.target].width / 2 if hop.target else 0
            text = edge_label(self._edges[hop.edge])
            if text and hop.shows_label:
                label = f"label {hop.edge}"
                labels[label] = pill(text)
                wires.append(Wire(hop.edge, hop.source, label, leave))
                wires.append(Wire(hop.edge, label, hop.target, enter=enter))
            else:
                wires.append(Wire(hop.edge, hop.source, hop.target, leave, enter))
        return wires, labels

    def _frame(self, frame: Frame) -> Layout:
        block = self.block(member_name(frame), frame.members)
        title = self._titles.get(member_name(frame), "")
        if not title:
            return block
        if frame.kind is FrameKind.LOOP:
            block = self._with_lane(frame, block)
        return _outlined(frame.kind, title, block)

    def _with_lane(self, frame: Frame, block: Layout) -> Layout:
        """The body with the way from its last step up to its first, on the right side.

        Nothing stands right of either: each is alone in its row.
        """
        number = self._back_edges[frame.at]
        edge = self._edges[number]
        label = pill(edge_label(edge))
        block = self._with_room(edge, label.height, block)
        x = block.width + _BESIDE_LANE + label.width / 2
        start, end = (self._right_side(block, step) for step in (edge.source, edge.target))
        if edge.source == edge.target:
            spread = self._boxes[edge.source].height / 2 - _OFF_CORNER
            start, end = start.moved(Point(0, spread)), end.moved(Point(0, -spread))
        lane = (start, Point(x, start.y), Point(x, end.y), end)
        middle = Point(x, (start.y + end.y - label.height) / 2)
        return replace(
            block,
            width=x + label.width / 2,
            pills=(*block.pills, label.moved(middle)),
            lanes={**block.lanes, number: lane},
        )

    def _with_room(self, edge: Edge, height: float, block: Layout) -> Layout:
        """The body with room above and below for a label beside it that is higher than it is."""
        start, end = (self._right_side(block, step).y for step in (edge.source, edge.target))
        top, bottom = ((start + end + sign * height) / 2 for sign in (-1, 1))
        above, below = max(0, -top), max(0, bottom - block.height)
        return replace(block.moved(Point(0, above)), height=above + block.height + below)

    def _right_side(self, block: Layout, step: str) -> Point:
        """The middle of a box's right side."""
        box = self._boxes[step]
        return block.boxes[step].moved(Point(box.width, box.height / 2))


def _joined(
    placed: Sequence[Layout], arranged: Arrangement, wires: Sequence[Wire], pills: Sequence[Pill]
) -> Layout:
    """The members as one layout; the ways of edges that leave members go on from there."""
    ways = {edge: way for it in placed for edge, way in it.ways.items()}
    exits = {}
    for wire, way in zip(wires, arranged.ways, strict=True):
        ways[wire.edge] = ways.get(wire.edge, ()) + way
        if not wire.target:
            exits[wire.edge] = way[-1].x
    return Layout(
        width=arranged.width,
        height=arranged.height,
        entry=placed[0].entry,
        exits=exits,
        boxes={step: corner for it in placed for step, corner in it.boxes.items()},
        outlines=tuple(outline for it in placed for outline in it.outlines),
        pills=(*pills, *(pill for it in placed for pill in it.pills)),
        ways=ways,
        lanes={edge: lane for it in placed for edge, lane in it.lanes.items()},
    )


def _outlined(kind: FrameKind, title: str, block: Layout) -> Layout:
    """The block in a rectangle that is wide enough for the title where edges come in."""
    name = pill(title)
    half = name.width / 2 + 8
    left = max(_SIDE, half - block.entry)
    right = max(_SIDE, half - (block.width - block.entry))
    width, height = left + block.width + right, name.height / 2 + _ABOVE + block.height + _BELOW
    inside = block.moved(Point(left, name.height + _ABOVE))
    corner = Point(0, name.height / 2)
    outline = Outline(kind, corner, width, height, name.moved(Point(inside.entry, 0)))
    behind = STACKED if kind is FrameKind.FOREACH else 0
    return replace(
        inside,
        width=width + behind,
        height=corner.y + height + behind,
        outlines=(outline, *inside.outlines),
    )
