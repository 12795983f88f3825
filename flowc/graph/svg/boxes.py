"""A step as lines of text in a box, with its size."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.graph.svg.lettering import text_width, wrap_name, wrap_words
from flowc.graph.wording import badges, remarks
from flowc.ir.flow import Flow, Step

PADDING = 14.0
_LONGEST_LINE = 34
_NARROWEST = 104.0


@dataclass(frozen=True, slots=True)
class Lettering:
    """A kind of text: its class in the style sheet, its size, and the height of its line."""

    name: str
    size: float
    height: float


NAME = Lettering("name", 14, 19)
BADGE = Lettering("badge", 11, 16)
REMARK = Lettering("remark", 11, 16)
LINE_NUMBER = Lettering("line", 11, 19)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a box and how far below the box's top its letters stand."""

    text: str
    lettering: Lettering
    baseline: float

    @property
    def width(self) -> float:
        return text_width(self.text, self.lettering.size)


@dataclass(frozen=True, slots=True)
class Box:
    """A step's lines, the line number at the end of the first, and the size of it all."""

    lines: tuple[Line, ...]
    number: Line
    width: float
    height: float


def step_box(flow: Flow, step: Step) -> Box:
    """The box of a step: its name, what it is in the graph, and what its decorators say."""
    texts = [(line, NAME) for line in wrap_name(step.name, _LONGEST_LINE)]
    texts += [(line, BADGE) for line in _wrapped(badges(flow, step))]
    texts += [(line, REMARK) for line in _wrapped(remarks(step))]
    height = PADDING - 5
    lines: list[Line] = []
    for text, lettering in texts:
        height += lettering.height
        lines.append(Line(text, lettering, height - lettering.height * 0.28))
    number = Line(f":{step.span.line}", LINE_NUMBER, lines[0].baseline)
    widest = max(lines[0].width + number.width + PADDING, *(line.width for line in lines))
    width = max(_NARROWEST, widest + 2 * PADDING)
    return Box(tuple(lines), number, width, height + PADDING - 5)


def _wrapped(words: tuple[str, ...]) -> list[str]:
    return wrap_words(words, _LONGEST_LINE, " · ")
