"""Whether a stream is a terminal, by the rules of rich but without loading it."""

from __future__ import annotations

import os
from typing import TextIO


def is_terminal(stream: TextIO) -> bool:
    """Whether styles and tables may be shown; a dumb terminal gets plain lines."""
    if os.environ.get("TERM", "").lower() in {"dumb", "unknown"}:
        return False
    match os.environ.get("TTY_COMPATIBLE"), os.environ.get("FORCE_COLOR"):
        case ("0" | "1") as compatible, _:
            return compatible == "1"
        case _, str(forced):
            return bool(forced)
        case _:
            return stream.isatty()
