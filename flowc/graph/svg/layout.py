"""Where everything of a frame, or of the whole flow, stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flowc.graph.step_graph import FrameKind
from flowc.graph.svg.arrangement import Point
from flowc.graph.svg.pills import Pill


@dataclass(frozen=True, slots=True)
class Outline:
    """The rectangle of a visible frame, with its title on the upper border."""

    kind: FrameKind
    corner: Point
    width: float
    height: float
    title: Pill

    def moved(self, by: Point) -> Outline:
        return replace(self, corner=self.corner.moved(by), title=self.title.moved(by))


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything by its distance from the upper left corner, edges by their numbers.

    Edges come in from above at `entry`; those that leave do so below, at their `exits`. A `ways`
    is the points that an edge goes through, downwards; a loop's `lanes` lead up again. `outlines`
    has outer frames before inner ones.
    """

    width: float
    height: float
    entry: float
    exits: dict[int, float] = field(default_factory=dict)
    boxes: dict[str, Point] = field(default_factory=dict)
    outlines: tuple[Outline, ...] = ()
    pills: tuple[Pill, ...] = ()
    ways: dict[int, tuple[Point, ...]] = field(default_factory=dict)
    lanes: dict[int, tuple[Point, ...]] = field(default_factory=dict)

    def moved(self, by: Point) -> Layout:
        """The same further right and down; its size stays that of what it held before."""
        return replace(
            self,
            entry=self.entry + by.x,
            exits={edge: x + by.x for edge, x in self.exits.items()},
            boxes={step: corner.moved(by) for step, corner in self.boxes.items()},
            outlines=tuple(outline.moved(by) for outline in self.outlines),
            pills=tuple(pill.moved(by) for pill in self.pills),
            ways={edge: _moved(way, by) for edge, way in self.ways.items()},
            lanes={edge: _moved(lane, by) for edge, lane in self.lanes.items()},
        )


def _moved(points: tuple[Point, ...], by: Point) -> tuple[Point, ...]:
    return tuple(point.moved(by) for point in points)
