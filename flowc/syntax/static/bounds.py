"""How large a value may be, and which values are sure to be the same in every process."""

from __future__ import annotations

from typing import Any

from flowc.syntax.static.symbols import (
    Delayed,
    Settings,
)
from flowc.syntax.static.uncertain import NotStaticError

# Letters and elements of one value, and evaluated expressions for it.
MAX_SIZE = 100_000
MAX_WORK = 400_000
# An integer of more digits than Python writes out, 4300, has about so many bits.
MAX_BITS = 14_000
MAX_DEPTH = 90

_VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_SETS = (set, frozenset)
_DICTS = (dict, Settings)
_SCALARS = (type(None), bool, float, complex, type(...), Delayed)
_SEQUENCES = (list, tuple)


def checked(value: Any) -> Any:
    """The value, if it is a plain one of bounded size."""
    size = 0
    waiting = [value]
    while waiting:
        item = waiting.pop()
        size += _weight(item)
        if size > MAX_SIZE:
            raise NotStaticError
        waiting += _inner(item)
    return value


def _weight(item: Any) -> int:
    kind = type(item)
    if kind is int:
        if item.bit_length() > MAX_BITS:
            raise NotStaticError
        return 1
    if kind in (str, bytes, range):
        return 1 + len(item)
    if kind in _SCALARS or kind in (*_DICTS, *_SEQUENCES, *_SETS, *_VIEWS):
        return 1
    raise NotStaticError


def _inner(item: Any) -> list[Any]:
    kind = type(item)
    if kind in _DICTS:
        return [*item.keys(), *item.values()]
    if kind in _SEQUENCES or kind in _SETS or kind in _VIEWS:
        return list(item)
    return []


def _any_inside(value: Any, kinds: tuple[type, ...]) -> bool:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if type(item) in kinds:
            return True
        waiting += _inner(item)
    return False


def holds_set(value: Any) -> bool:
    """Whether it holds a set, whose order differs from process to process."""
    return _any_inside(value, _SETS)


def is_mutable(value: Any) -> bool:
    """Whether statements elsewhere could change what it holds."""
    return _any_inside(value, (list, dict, set, *_VIEWS))


def ordered(value: Any) -> list[Any]:
    """The items of something iterable that has an order."""
    if type(value) in (str, bytes, range, *_DICTS, *_SEQUENCES, *_VIEWS):
        return list(value)
    raise NotStaticError


def sorted_set(value: set[Any] | frozenset[Any]) -> list[Any]:
    """A set's items in order, if there is only one."""
    kinds = {type(item) for item in value}
    if kinds <= {str} or kinds <= {int, bool}:
        return sorted(value)
    raise NotStaticError
