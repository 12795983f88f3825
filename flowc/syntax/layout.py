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

_LEXEME = re.compile(
    r"""
    (?P<string> \b[rRbBuUfFtT]{1,2}(?=['"]) )?
    (?: '''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\"
      | '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" )
  | \#[^\n]*
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
  | (?P<part> [,:;] )
  | (?P<newline> \n )
  | ^(?P<indent>[ \t]*) (?:
        (?P<decorator> @[ \t]*[\w.]+ )
      | (?:async[ \t]+)?def[ \t]+ (?P<def> \w+ )
      | class[ \t]+ (?P<class> \w+ )
      | (?P<assign> \w+ )[ \t]*(?: :[^=\n()]+ )?=(?!=)
    )
  | \b(?P<next> \w+ [ \t]*\.[ \t]* next )[ \t]*(?=\()
  | (?P<operator> [-+*/%@&|^.<>]|\b(?:not|and|or|if|lambda|await|is|in)\b )
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


class Mark(StrEnum):
    """What an anchor marks."""

    DECORATOR = "decorator"
    DEF = "def"
    CLASS = "class"
    ASSIGN = "assign"
    NEXT = "next"


_MARKS = {mark.value: mark for mark in Mark}


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
        for anchor in self.anchors[first:]:
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
        elif kind == "close":
            if len(chains) > 1:
                chains.pop()
        elif kind == "part" or (kind == "newline" and len(chains) == 1):
            chains[-1] = 0
        elif mark := _MARKS.get(kind or ""):
            anchors.append(_anchor(match, mark))
            chains[-1] = 0
        if too_deep is None and (chains[-1] > _MAX_CHAIN or len(chains) > _MAX_BRACKETS):
            too_deep = match.start()
    return Layout(tuple(anchors), too_deep)


def _anchor(match: re.Match[str], mark: Mark) -> Anchor:
    indent = len(match["indent"]) if match["indent"] is not None else -1
    return Anchor(mark, match[mark], match.start(mark), match.end(mark), indent)


def find_word(text: str, word: str, start: int, end: int) -> int | None:
    """The offset of a whole word in a stretch of text."""
    place = text.find(word, start, end)
    while place >= 0:
        stop = place + len(word)
        if not (_is_letter(text[place - 1 : place]) or _is_letter(text[stop : stop + 1])):
            return place
        place = text.find(word, stop, end)
    return None


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
