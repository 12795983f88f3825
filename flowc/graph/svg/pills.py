"""Short texts that stand on a line: labels of edges and titles of frames."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flowc.graph.svg.arrangement import Point
from flowc.graph.svg.lettering import text_width, wrap_name

LINE_HEIGHT = 14.0
_PADDING = 10.0
_LETTERS = 11.0
_LONGEST_LINE = 30


@dataclass(frozen=True, slots=True)
class Pill:
    """Lines of text with their size, at the middle of the pill's upper side."""

    lines: tuple[str, ...]
    width: float
    height: float
    top: Point

    def moved(self, by: Point) -> Pill:
        return replace(self, top=self.top.moved(by))


def pill(text: str) -> Pill:
    """The pill of a text, which is never cut off."""
    lines = tuple(line.strip() for line in wrap_name(text, _LONGEST_LINE))
    width = max(text_width(line, _LETTERS) for line in lines) + 2 * _PADDING
    return Pill(lines, width, LINE_HEIGHT * len(lines) + 6, Point(0, 0))
