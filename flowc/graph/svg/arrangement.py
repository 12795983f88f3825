"""One frame: its things in rows, and the ways of the wires between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from flowc.graph.svg.columns import Link, find_columns
from flowc.graph.svg.layers import Cell, find_layers, find_rows
from flowc.graph.svg.straight import Straightening

_BETWEEN_CELLS = 24.0
_SMALLEST_GAP, _LARGEST_GAP = 28.0, 84.0
# A wire that moves so far sideways gets that much more room to do it.
_STEEPNESS = 0.11
# A wire that passes rows goes straight down at first, and sideways only where it ends.
_STRAIGHT = 8.0


class Point(NamedTuple):
    x: float
    y: float

    def moved(self, by: Point) -> Point:
        return Point(self.x + by.x, self.y + by.y)


@dataclass(frozen=True, slots=True)
class Thing:
    """A rectangle that takes a place: a step's box, a label or a whole frame."""

    name: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge's way from one thing down to another, or out of the frame if `target` is empty.

    `leave` and `enter` say how far right of the things' centres the wire meets them.
    """

    edge: int
    source: str
    target: str
    leave: float = 0
    enter: float = 0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The upper left corners of the things, the points of each wire, and the size of it all."""

    corners: Mapping[str, Point]
    ways: Sequence[tuple[Point, ...]]
    width: float
    height: float


def arrange(things: Sequence[Thing], wires: Sequence[Wire]) -> Arrangement:
    """Things in rows, the first alone in the first, so that wires only cross between rows."""
    return _Arranging(things, wires).arrangement()


class _Arranging:
    """What is known of a frame while it is arranged."""

    def __init__(self, things: Sequence[Thing], wires: Sequence[Wire]) -> None:
        self._things = {thing.name: thing for thing in things}
        self._wires = wires
        inner = [(wire.source, wire.target) for wire in wires if wire.target]
        self._layers = find_layers(self._things, inner)
        self._last = max(self._layers.values())
        self._chains = [tuple(self._chain(number)) for number in range(len(wires))]
        self._rows = find_rows(self._layers, self._chains)
        self._centres = self._find_centres()
        self._tops, self._bottoms = self._find_heights()

    def arrangement(self) -> Arrangement:
        spans = [
            (self._centres[cell] + side * self._width(cell) / 2)
            for row in self._rows
            for cell in row
            for side in (-1, 1)
        ]
        left = min(spans)
        corners = {
            name: Point(self._centres[Cell(name)] - thing.width / 2 - left, self._top(name))
            for name, thing in self._things.items()
        }
        away = Point(-left, 0)
        ways = [
            tuple(point.moved(away) for point in self._way(number))
            for number in range(len(self._wires))
        ]
        return Arrangement(corners, ways, max(spans) - left, self._bottoms[-1])

    def _chain(self, number: int) -> Iterator[Cell]:
        """The cells of a wire, one in each row; one that leaves goes down through the last row."""
        wire = self._wires[number]
        yield Cell(wire.source)
        stop = self._layers[wire.target] if wire.target else self._last + 1
        for row in range(self._layers[wire.source] + 1, stop):
            yield Cell(wire=number, row=row)
        if wire.target:
            yield Cell(wire.target)

    def _width(self, cell: Cell) -> float:
        return self._things[cell.thing].width if cell.thing else 0

    def _top(self, name: str) -> float:
        return self._tops[self._layers[name]]

    def _find_centres(self) -> dict[Cell, float]:
        widths = {cell: self._width(cell) for row in self._rows for cell in row}
        links = [link for number in range(len(self._wires)) for link in self._links(number)]
        centres = find_columns(self._rows, links, widths, _BETWEEN_CELLS)
        straightening = Straightening(self._rows, centres, widths, _BETWEEN_CELLS)
        wired = list(zip(self._wires, self._chains, strict=True))
        # Wires that stood in the way the first time may have moved aside.
        for wire, chain in (*wired, *reversed(wired)):
            passing = [cell for cell in chain if not cell.thing]
            straightening.straighten(passing, centres[chain[0]] + wire.leave)
        return centres

    def _links(self, number: int) -> Iterator[Link]:
        wire = self._wires[number]
        for upper, lower in pairwise(self._chains[number]):
            shift = (wire.leave if upper.thing else 0) - (wire.enter if lower.thing else 0)
            yield Link(upper, lower, shift, 1.0 if lower.thing else _STRAIGHT)

    def _find_heights(self) -> tuple[list[float], list[float]]:
        """The tops and bottoms of the rows."""
        tops, bottoms = [], []
        top = 0.0
        for row, gap in zip(self._rows, self._find_gaps(), strict=True):
            tops.append(top)
            bottoms.append(top + max(self._height(cell) for cell in row))
            top = bottoms[-1] + gap
        return tops, bottoms

    def _height(self, cell: Cell) -> float:
        return self._things[cell.thing].height if cell.thing else 0

    def _find_gaps(self) -> list[float]:
        """The room below each row: the further wires move sideways in it, the larger."""
        furthest = [0.0] * len(self._rows)
        for number, chain in enumerate(self._chains):
            ways = [
                (self._end(number, upper, leaving=True), self._end(number, lower, leaving=False))
                for upper, lower in pairwise(chain)
            ]
            first = self._layers[chain[0].thing]
            for row, (above, below) in enumerate(ways, first):
                furthest[row] = max(furthest[row], abs(above - below))
        return [min(_SMALLEST_GAP + _STEEPNESS * moved, _LARGEST_GAP) for moved in furthest]

    def _end(self, number: int, cell: Cell, *, leaving: bool) -> float:
        """Where a wire meets one of its cells."""
        wire = self._wires[number]
        shift = wire.leave if leaving else wire.enter
        return self._centres[cell] + (shift if cell.thing else 0)

    def _way(self, number: int) -> Iterator[Point]:
        first, *others = self._chains[number]
        row = self._layers[first.thing]
        x = self._end(number, first, leaving=True)
        yield Point(x, self._tops[row] + self._height(first))
        yield Point(x, self._bottoms[row])
        for cell in others:
            x = self._end(number, cell, leaving=False)
            if cell.thing:
                yield Point(x, self._top(cell.thing))
            else:
                yield Point(x, self._tops[cell.row])
                yield Point(x, self._bottoms[cell.row])
