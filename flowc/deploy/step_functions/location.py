"""Where in a definition AWS finds something."""

from __future__ import annotations

from itertools import pairwise


def state_at(location: str) -> str:
    """The innermost state that a JSON pointer into a definition leads to; empty if to none."""
    words = [word.replace("~1", "/").replace("~0", "~") for word in location.split("/")]
    states = [name for before, name in pairwise(words) if before == "States"]
    return states[-1] if states else ""
