"""Sizes as people read them."""

from __future__ import annotations


def size_text(size: int) -> str:
    """A size in the largest unit that it fills, such as `1.5 MiB`."""
    if size < 1024:
        return f"{size} B"
    amount = size / 1024
    for unit in ("KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"
