"""Lines of a run where no terminal shows styles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from flowc.progress.lines import ANSI

if TYPE_CHECKING:
    from flowc.progress.lines import Words

# What terminals take for commands: two letters, a title or link, a style or movement. One that
# chooses a character set has a letter more.
_CODE = r"\x1b(?:[0-?]|\].*?\x1b\\|[@-Z\\-_]|\[[0-?]*[ -/]*[@-~])"
_CODES = rf"{_CODE}|\x1b\((?:(?!{_CODE}|\x1b\().)?"
_UNSEEN = dict.fromkeys(map(ord, "\a\b\v\f\r"))


def say(stream: TextIO, *words: Words) -> None:
    """Write a line as a terminal would show it, but for its styles."""
    line = " ".join(_shown(text) if style == ANSI else text for text, style in words)
    stream.write(line.translate(_UNSEEN).expandtabs() + "\n")
    stream.flush()


def _shown(text: str) -> str:
    """What is left to see of a line; of one that writes over itself, the last state."""
    last = text.rpartition("\r")[2]
    return re.sub(_CODES, "", last) if "\x1b" in last else last
