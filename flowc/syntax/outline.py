"""A file in parts that are parsed one by one.

libcst's tree of a whole file is a hundred times as large as the text, and the larger it is the
slower it is to make. Python's own parser tells where statements begin and end, so that the top of
a file is parsed without the bodies of its classes, and these a few statements at a time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flowc.syntax.source import Source

# So many statements are parsed at a time: fewer take longer to begin with, more to hold.
_TOGETHER = 10
_INDENT = re.compile(r"[ \t\f]*")
# Behind such a line Python and libcst may see a statement in different blocks.
_ODD_LINE = re.compile(r"^[ \t\f]*\\$", re.MULTILINE)

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Block: TypeAlias = ast.ClassDef | _Function


@dataclass(frozen=True, slots=True)
class Part:
    """A few statements of a class; `methods` are its decorated ones, with all that they hold."""

    text: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A file's text without most of what is in its functions and classes, and these by themselves.

    What is left of a body is its docstring and, if a function is decorated, its last statement.
    `bodies` are those of the classes at the top, in order; a class without parts is whole in `top`.
    """

    top: str
    bodies: tuple[tuple[Part, ...], ...]


def read_outline(source: Source, tree: ast.Module) -> Outline | None:
    """The outline of a file that has this syntax tree; None if its layout is an odd one."""
    if _ODD_LINE.search(source.text):
        return None
    cutter = _Cutter(source)
    blocks = [node for node in tree.body if isinstance(node, _Block)]
    classes = (node for node in blocks if isinstance(node, ast.ClassDef))
    bodies = tuple(tuple(cutter.parts(node)) for node in classes)
    return Outline(cutter.shortened(0, len(source.text), blocks), bodies)


class _Cutter:
    """Cuts a text between lines, and only where a statement begins one."""

    def __init__(self, source: Source) -> None:
        self._text = source.text
        self._lines = [*source.line_starts, len(source.text)]

    def parts(self, node: ast.ClassDef) -> Iterator[Part]:
        """The class's body in parts; none if it begins on the line of the class."""
        start = self._begin(node.body[0])
        if start is None:
            return
        held: list[ast.stmt] = []
        for statement in node.body:
            begin = self._begin(statement)
            if begin is not None and len(held) >= _TOGETHER:
                yield self._part(start, begin, held)
                start, held = begin, []
            held.append(statement)
        yield self._part(start, self._end(node), held)

    def _part(self, start: int, end: int, statements: Sequence[ast.stmt]) -> Part:
        functions = [node for node in statements if isinstance(node, _Function)]
        methods = tuple(self._whole(node) for node in functions if node.decorator_list)
        return Part(self.shortened(start, end, functions), methods)

    def _whole(self, node: _Function) -> str:
        begin = self._begin(node)
        return "" if begin is None else self._text[begin : self._end(node)]

    def shortened(self, start: int, end: int, blocks: Sequence[_Block]) -> str:
        """A stretch of text without most of what is in the blocks that stand there."""
        kept = []
        for block in blocks:
            cut, on = self._left_out(block)
            if cut < on:
                kept += [self._text[start:cut], _indent(self._text, cut), "pass\n"]
                start = on
        return "".join([*kept, self._text[start:end]])

    def _left_out(self, block: _Block) -> tuple[int, int]:
        """The stretch of a block between its docstring and, where that is kept, its last line."""
        end = self._end(block)
        if self._begin(block.body[0]) is None:
            return end, end
        documented = ast.get_docstring(block, clean=False) is not None
        first = next(self._begins(block.body[documented:]), end)
        keeps_last = isinstance(block, _Function) and block.decorator_list
        return first, next(self._begins(reversed(block.body))) if keeps_last else end

    def _begins(self, nodes: Iterable[ast.stmt]) -> Iterator[int]:
        return (begin for node in nodes if (begin := self._begin(node)) is not None)

    def _begin(self, node: ast.stmt) -> int | None:
        """Where the node's first line begins, if the line and the node begin together."""
        decorators = node.decorator_list if isinstance(node, _Block) else []
        first, mark = (decorators[0], "@") if decorators else (node, "")
        start = self._lines[first.lineno - 1]
        # Columns count bytes, of which each blank has one.
        before = self._text[start : start + first.col_offset]
        return start if before.strip(" \t\f") == mark else None

    def _end(self, node: ast.stmt) -> int:
        """Where the line behind the node begins."""
        return self._lines[node.end_lineno or node.lineno]


def _indent(text: str, start: int) -> str:
    match = _INDENT.match(text, start)
    return match[0] if match else ""
