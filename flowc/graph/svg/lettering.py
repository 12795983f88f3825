"""How wide text is, and where it breaks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# No common monospaced font has wider letters than this, in parts of its size.
_ADVANCE = 0.62


def text_width(text: str, size: float) -> float:
    """The most that the text takes in a monospaced font of the size; East Asian letters twice."""
    return columns(text) * size * _ADVANCE


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def wrap_name(name: str, longest: int) -> list[str]:
    """The name in lines of so many columns, broken behind underscores and blanks, if any."""
    return _filled(re.findall(r"[^_ ]*[_ ]+|[^_ ]+", name), longest, "")


def wrap_words(words: Iterable[str], longest: int, between: str) -> list[str]:
    """The words in lines of so many columns."""
    return _filled(words, longest, between)


def _filled(pieces: Iterable[str], longest: int, between: str) -> list[str]:
    lines: list[str] = []
    for piece in (part for whole in pieces for part in _cut(whole, longest)):
        if lines and columns(lines[-1] + between + piece) <= longest:
            lines[-1] += between + piece
        else:
            lines.append(piece)
    return lines


def _cut(piece: str, longest: int) -> list[str]:
    """The piece in parts that fit, the last of them perhaps shorter."""
    parts = [""]
    for letter in piece:
        if columns(parts[-1] + letter) > longest:
            parts.append("")
        parts[-1] += letter
    return parts
