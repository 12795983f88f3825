"""The classes of a file, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator
from flowc.syntax.decorators import read_decorators
from flowc.syntax.layout import Anchor, Mark
from flowc.syntax.names import Names
from flowc.syntax.project import File
from flowc.syntax.source import Source
from flowc.syntax.step_method import is_step
from flowc.syntax.tree import Member


@dataclass(frozen=True, slots=True)
class PlacedClass:
    """A class at the top of a file, and its place in the text.

    The node may have nothing but a docstring in it; `place` is that among the file's classes.
    """

    file: File
    node: cst.ClassDef
    place: int
    span: Span
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.node.name.value

    @property
    def names(self) -> Names:
        """What names mean in the class's body."""
        return Names(self.file, self.name)

    @property
    def bases(self) -> list[cst.BaseExpression]:
        """The bases as they are written, without what stands in brackets behind them."""
        values = [argument.value for argument in self.node.bases if not argument.star]
        return [value.value if isinstance(value, cst.Subscript) else value for value in values]

    def members(self) -> Iterator[Member]:
        """The statements in the class."""
        return self.file.tree.members(self.place)

    def has_steps(self) -> bool:
        nodes = (member.node for member in self.members())
        return any(
            isinstance(node, cst.FunctionDef) and is_step(node, self.names) for node in nodes
        )


def read_classes(file: File) -> list[PlacedClass]:
    """The classes at the top of a file, in order."""
    cursor = Cursor(file.source, 0, len(file.source.text), 0)
    return [
        _placed(file, node, place, cursor.find(Mark.CLASS, node.name.value)[0])
        for place, node in enumerate(file.tree.classes)
    ]


def assigned(item: cst.CSTNode) -> tuple[str, cst.BaseExpression | None]:
    """The name that a statement gives a value, and that value; neither for other statements."""
    match item:
        case cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=value):
            return name, value
        case cst.AnnAssign(target=cst.Name(name), value=value):
            return name, value
        case _:
            return "", None


def class_decorators(placed: PlacedClass) -> tuple[Decorator, ...]:
    """The decorators above a class."""
    nodes: Sequence[cst.Decorator] = placed.node.decorators
    name_starts = placed.start - len(placed.name)
    source = placed.file.source
    before = [
        anchor
        for anchor in source.layout.between(0, name_starts)
        if anchor.mark is Mark.DECORATOR and anchor.indent == 0
    ]
    anchors = before[-len(nodes) :] if nodes else []
    return read_decorators(source, nodes, anchors, max(name_starts, 0), Names(placed.file))


def _placed(file: File, node: cst.ClassDef, place: int, anchor: Anchor | None) -> PlacedClass:
    source = file.source
    if anchor is None:
        return PlacedClass(file, node, place, source.span(0, 1), 0, len(source.text))
    later = source.layout.between(anchor.end, len(source.text))
    end = next((other.start for other in later if other.indent == 0), len(source.text))
    return PlacedClass(file, node, place, source.span(anchor.start, anchor.end), anchor.end, end)


class Cursor:
    """Walks the anchors of a stretch of text that stand at one indentation, in order."""

    def __init__(self, source: Source, start: int, end: int, indent: int) -> None:
        anchors = source.layout.between(start, end)
        self._anchors = [anchor for anchor in anchors if anchor.indent == indent]
        self._next = 0

    @classmethod
    def of_members(cls, placed: PlacedClass) -> Cursor:
        """Over what stands directly in the body of a class."""
        source = placed.file.source
        inside = source.layout.between(placed.start, placed.end)
        indent = min((anchor.indent for anchor in inside if anchor.indent > 0), default=0)
        return cls(source, placed.start, placed.end, indent)

    def find(self, mark: Mark, text: str) -> tuple[Anchor | None, list[Anchor]]:
        """The next anchor of that kind and text, and the decorators right before it."""
        for place in range(self._next, len(self._anchors)):
            anchor = self._anchors[place]
            if anchor.mark is mark and anchor.text == text:
                before = self._decorators_before(place)
                self._next = place + 1
                return anchor, before
        return None, []

    def _decorators_before(self, place: int) -> list[Anchor]:
        first = place
        while first > self._next and self._anchors[first - 1].mark is Mark.DECORATOR:
            first -= 1
        return self._anchors[first:place]

    def following(self) -> int | None:
        """Where the anchor after the last one found begins."""
        return self._anchors[self._next].start if self._next < len(self._anchors) else None
