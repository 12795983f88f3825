"""Lists in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def enumerated(names: Sequence[str]) -> str:
    """The first names of a list in a sentence, and how many more there are."""
    shown = [f"`{name}`" for name in names[:3]]
    hidden = len(names) - len(shown)
    if hidden:
        shown.append(f"{hidden} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
