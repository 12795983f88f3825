"""What becomes of the values of the IR where Python's own are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowc.ir.flow import Unknown, Value


def is_certain(value: Value) -> bool:
    """Whether no part of it is `Unknown`."""
    match value:
        case Unknown():
            return False
        case tuple():
            return all(map(is_certain, value))
        case Mapping():
            return all(map(is_certain, value.values()))
        case _:
            return True


def plain(value: Value) -> Any:
    """The value with lists and dictionaries, as JSON writes it."""
    match value:
        case tuple():
            return [plain(member) for member in value]
        case Mapping():
            return {key: plain(member) for key, member in value.items()}
        case _:
            return value
