"""A source file as text, with spans for its offsets, and as a libcst tree."""

from __future__ import annotations

import ast
import io
import re
import stat
import tokenize
import warnings
from bisect import bisect_right
from functools import cached_property
from pathlib import Path

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.syntax import problems
from flowc.syntax.layout import Layout, read_layout


class Source:
    """A file's text, with line feeds for newlines; `path` is as the user named it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    @cached_property
    def layout(self) -> Layout:
        return read_layout(self.text)

    def span(self, start: int, end: int) -> Span:
        """The span of the text between two offsets."""
        line, column = self._place(start)
        return Span(self.path, line, column, *self._place(max(start, end)))

    def line_span(self, line: int, column: int) -> Span:
        """The span from a place to the end of its line."""
        starts = self.line_starts
        line = min(max(line, 1), len(starts))
        end = self.text.find("\n", starts[line - 1])
        width = (len(self.text) if end < 0 else end) - starts[line - 1]
        return Span(self.path, line, column, line, max(column + 1, width + 1))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1


def read_source(path: str) -> tuple[Source | None, list[Diagnostic]]:
    """The file's text, decoded as Python would."""
    try:
        if odd := irregular(path):
            return None, [problems.unreadable_file(path, odd)]
        text = _decoded(Path(path).read_bytes())
    except OSError as error:
        return None, [problems.unreadable_file(path, (error.strerror or str(error)).lower())]
    except (SyntaxError, LookupError, ValueError):
        return None, [problems.unreadable_file(path, "it is not Python text")]
    return Source(path, text.replace("\r\n", "\n").replace("\r", "\n")), []


def irregular(path: str) -> str:
    """What the path leads to, if it is no file; a pipe or device might be read for ever."""
    mode = Path(path).stat().st_mode
    if stat.S_ISREG(mode):
        return ""
    return "it is a folder" if stat.S_ISDIR(mode) else "it is no regular file"


def _decoded(raw: bytes) -> str:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    text = raw.decode(encoding)
    if "\0" in text:
        raise ValueError("Python text has no NUL")
    # Some encodings can spell half of a surrogate pair, which is no text.
    text.encode()
    return text


def parse_syntax(source: Source) -> ast.Module | None:
    """The file's abstract syntax tree; None if it is too deep, or not of this Python's grammar."""
    if source.layout.too_deep is not None:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_tree(source: Source) -> tuple[cst.Module | None, list[Diagnostic]]:
    """The file's concrete syntax tree."""
    if (deep := source.layout.too_deep) is not None:
        return None, [problems.too_deep(source.span(deep, deep + 1))]
    try:
        return cst.parse_module(source.text), []
    except cst.ParserSyntaxError as error:
        return None, [_syntax_error(source, error)]
    except (RecursionError, cst.CSTValidationError) as error:
        return None, [problems.syntax_error(source.line_span(1, 1), str(error))]


def parse_alone(text: str) -> cst.Module | None:
    """The tree of a part of a file; None if it cannot be parsed without the rest."""
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError):
        return None


def _syntax_error(source: Source, error: cst.ParserSyntaxError) -> Diagnostic:
    """What Python itself says about the text, else what libcst says."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(source.text)
    except SyntaxError as better:
        place = source.line_span(better.lineno or 1, max(1, better.offset or 1))
        sentence, _, _ = better.msg.partition(". ")
        return problems.syntax_error(place, sentence[:1].lower() + sentence[1:])
    except (ValueError, RecursionError, MemoryError):
        pass
    place = source.line_span(error.raw_line, error.raw_column + 1)
    return problems.syntax_error(place, error.message)
