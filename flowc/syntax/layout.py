"""Where things stand in a file: one scan of its text, in place of positions for every node.

libcst can tell the position of each node, at more than the cost of parsing. flowc needs a
few: classes, methods, decorators, assignments and `self.next` calls. They begin lines or are
easy to spot once strings and comments are stepped over.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# CPython refuses more than 200 brackets in each other, and fails on far shorter chains of
# operators than libcst's parser takes minutes for.
_MAX_BRACKETS = 200
_MAX_CHAIN = 1000

# A string that is never closed reaches to its end all the same, so that no quote is tried twice.
_PASSED_OVER = r"""
    (?: \b[rRbBuUfFtT]{1,2}(?=['"]) )?
    (?: '''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+(?:''')?
      | \"\"\"[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*+(?:\"\"\")?
      | '[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?
      | "[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"? )
  | \#[^\n]*
  | \\\n
"""

_LEXEME = re.compile(
    _PASSED_OVER
    + r"""
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?P<part> [,;] )
  | (?P<newline> \n )
  | ^(?P<indent>[ \t]*) (?:
        (?P<decorator> @[ \t]*[\w.]+ )
      | (?:async[ \t]+)?def[ \t]+ (?P<def> \w+ )
      | class[ \t]+ (?P<class> \w+ )
      | (?P<assign> \w+ )[ \t]*(?: :[^=\n()]+ )?=(?!=)
    )
  | (?<![\w.])(?P<next> \w+ [ \t]*\.[ \t]* next )[ \t]*(?=\()
  | (?P<operator> [-+*/%@&|^~.<>]|\b(?:not|and|or|if|await|is|in)\b|\blambda\b[\w\s,*]*+ )
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_FLAGS = re.VERBOSE | re.DOTALL
_ATTRIBUTE = re.compile(
    rf"{_PASSED_OVER} | (?<![\w.])(?P<owner>\w+)[\s\\]*\.[\s\\]*(?P<name>\w+)", _FLAGS
)
_KEYWORD = re.compile(rf"{_PASSED_OVER} | (?<![\w.])(?P<name>\w+)[\s\\]*=(?!=)", _FLAGS)


class Mark(StrEnum):
    """What an anchor marks."""

    DECORATOR = "decorator"
    DEF = "def"
    CLASS = "class"
    ASSIGN = "assign"
    NEXT = "next"


_MARKS = {mark.value: mark for mark in Mark}
# No bracket stays open where one of these words begins a line.
_STATEMENTS = (Mark.DEF, Mark.CLASS)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the text: the offsets of `text`, and the indentation of its line."""

    mark: Mark
    text: str
    start: int
    end: int
    indent: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's anchors in order; `too_deep` is the offset where nesting goes beyond reason."""

    anchors: tuple[Anchor, ...]
    too_deep: int | None

    def between(self, start: int, end: int) -> Iterator[Anchor]:
        """The anchors that begin in a stretch of text."""
        first = bisect_left(self.anchors, start, key=lambda anchor: anchor.start)
        for place in range(first, len(self.anchors)):
            anchor = self.anchors[place]
            if anchor.start >= end:
                return
            yield anchor


def read_layout(text: str) -> Layout:
    """The layout of a file."""
    anchors: list[Anchor] = []
    too_deep: int | None = None
    chains = [0]
    for match in _LEXEME.finditer(text):
        kind = match.lastgroup
        if kind == "operator":
            chains[-1] += 1
        elif kind == "open":
            chains[-1] += 1
            chains.append(0)
        elif kind == "close" and len(chains) > 1:
            chains.pop()
        elif kind == "part" or (kind == "newline" and len(chains) == 1):
            chains[-1] = 0
        elif mark := _MARKS.get(kind or ""):
            if mark in _STATEMENTS:
                chains = [0]
            if len(chains) == 1 or mark is Mark.NEXT:
                anchors.append(_anchor(match, mark))
                chains[-1] = match[mark].count(".")
        if too_deep is None and (chains[-1] > _MAX_CHAIN or len(chains) > _MAX_BRACKETS):
            too_deep = match.start()
    return Layout(tuple(anchors), too_deep)


def _anchor(match: re.Match[str], mark: Mark) -> Anchor:
    indent = len(match["indent"]) if match["indent"] is not None else -1
    return Anchor(mark, match[mark], match.start(mark), match.end(mark), indent)


def find_attribute(
    text: str, owner: str, name: str, start: int, end: int
) -> tuple[int, int] | None:
    """The offsets of the name in the next `owner.name`, be it not in a string or comment."""
    for match in _ATTRIBUTE.finditer(text, start, end):
        if match["name"] == name and match["owner"] == owner:
            return match.span("name")
    return None


def find_keyword(text: str, name: str, start: int, end: int) -> tuple[int, int] | None:
    """The offsets of the name in the next `name=`, be it not in a string or comment."""
    for match in _KEYWORD.finditer(text, start, end):
        if match["name"] == name:
            return match.span("name")
    return None
