"""A file in parts that are parsed one by one.

libcst's tree of a whole file is a hundred times as large as the text, and the larger it is the
slower it is to make. Python's own parser tells where statements begin and end, so that the top of
a file is parsed without the bodies of its classes, and these a few statements at a time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowc.syntax.source import Source

# So much text is parsed at a time: less takes longer to begin with, more to hold.
_PART = 1_000
_INDENT = re.compile(r"[ \t\f]*")

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Block: TypeAlias = ast.ClassDef | _Function


@dataclass(frozen=True, slots=True)
class Outline:
    """A file's top without the bodies of functions, and of classes but for their docstrings.

    `bodies` are those of the classes at the top in order, each in parts of whole statements, where
    only decorated methods have bodies. A class without parts stands in `top` with its body.
    """

    top: str
    bodies: tuple[tuple[str, ...], ...]


def read_outline(source: Source, tree: ast.Module) -> Outline:
    """The outline of a file that has this syntax tree."""
    cutter = _Cutter(source)
    blocks = [node for node in tree.body if isinstance(node, _Block)]
    classes = (node for node in blocks if isinstance(node, ast.ClassDef))
    bodies = tuple(tuple(cutter.parts(node)) for node in classes)
    return Outline(cutter.without_bodies(0, len(source.text), blocks), bodies)


class _Cutter:
    """Cuts a text between lines, and only where a statement begins one."""

    def __init__(self, source: Source) -> None:
        self._text = source.text
        self._lines = [*source.line_starts, len(source.text)]

    def parts(self, node: ast.ClassDef) -> Iterator[str]:
        """The class's body in parts; none if it begins on the line of the class."""
        start = self._begin(node.body[0])
        if start is None:
            return
        plain: list[_Function] = []
        for statement in node.body:
            begin = self._begin(statement)
            if begin is not None and begin - start > _PART:
                yield self.without_bodies(start, begin, plain)
                start, plain = begin, []
            if isinstance(statement, _Function) and not statement.decorator_list:
                plain.append(statement)
        yield self.without_bodies(start, self._end(node), plain)

    def without_bodies(self, start: int, end: int, blocks: Sequence[_Block]) -> str:
        """A stretch of text without the bodies of the blocks in it."""
        kept = []
        for block in blocks:
            begin = self._begin(block.body[0])
            if begin is None:
                continue
            filling = f"{_indent(self._text, begin)}pass\n"
            if isinstance(block, ast.ClassDef) and _has_docstring(block):
                later = (self._begin(statement) for statement in block.body[1:])
                begin, filling = next(filter(None, later), self._end(block)), ""
            kept += [self._text[start:begin], filling]
            start = self._end(block)
        return "".join([*kept, self._text[start:end]])

    def _begin(self, node: ast.stmt) -> int | None:
        """Where the node's first line begins, if the line and the node begin together."""
        decorators = node.decorator_list if isinstance(node, _Block) else []
        first, mark = (decorators[0], "@") if decorators else (node, "")
        start = self._lines[first.lineno - 1]
        # Columns count bytes, of which each blank has one.
        before = self._text[start : start + first.col_offset]
        continued = self._text.endswith("\\\n", 0, start)
        return None if continued or before.strip(" \t\f") != mark else start

    def _end(self, node: ast.stmt) -> int:
        """Where the line behind the node begins."""
        return self._lines[node.end_lineno or node.lineno]


def _indent(text: str, start: int) -> str:
    match = _INDENT.match(text, start)
    return match[0] if match else ""


def _has_docstring(node: ast.ClassDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None
