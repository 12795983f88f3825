"""A store that is no folder, as far as the engine needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Remote:
    """Where tasks keep what they leave, and how a file of the engine's is put there.

    `put` takes a key and a file, which stays; it raises `UsageError` if it cannot.
    """

    url: str
    put: Callable[[str, Path], None]
