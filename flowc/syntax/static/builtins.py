"""Builtin functions of plain values whose answer is the same in every process."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowc.syntax.static.bounds import MAX_SIZE, checked, holds_set, ordered, sorted_set
from flowc.syntax.static.symbols import Once
from flowc.syntax.static.uncertain import NotStaticError

NAMES = frozenset(dir(builtins))
_SETS = (set, frozenset)


def call_builtin(name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What a builtin function gives back."""
    call = _CALLS.get(name)
    if call is None:
        raise NotStaticError
    return checked_or_once(call(*args, **keywords))


def checked_or_once(value: Any) -> Any:
    """The value, if it is in bounds."""
    if isinstance(value, Once):
        checked(value.items)
        return value
    return checked(value)


def items_of(value: Any) -> list[Any]:
    """The items of an iterable that has an order, or is used up by this."""
    return list(value.items) if isinstance(value, Once) else ordered(value)


def _any_order(value: Any) -> Any:
    """The items of an iterable where their order does not count."""
    return value if type(value) in _SETS else items_of(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Once):
        raise NotStaticError
    return value


def _len(value: Any, /) -> int:
    return len(_plain(value))


def _str(value: Any = "", /) -> str:
    if holds_set(_plain(value)):
        raise NotStaticError
    return str(value)


def _int(*args: Any, **keywords: Any) -> int:
    return int(*map(_plain, args), **keywords)


def _float(value: Any = 0.0, /) -> float:
    return float(_plain(value))


def _bool(value: Any = False, /) -> bool:  # noqa: FBT002 (as Python's own)
    return bool(_plain(value))


def _abs(value: Any, /) -> Any:
    return abs(_plain(value))


def _round(number: Any, ndigits: int | None = None) -> Any:
    if ndigits is not None and abs(ndigits) > 1000:
        raise NotStaticError
    return round(_plain(number), ndigits)


def _list(value: Any = (), /) -> list[Any]:
    return items_of(value)


def _tuple(value: Any = (), /) -> tuple[Any, ...]:
    return tuple(items_of(value))


def _set(value: Any = (), /) -> set[Any]:
    return set(_any_order(value))


def _frozenset(value: Any = (), /) -> frozenset[Any]:
    return frozenset(_any_order(value))


def _dict(value: Any = (), /, **entries: Any) -> dict[Any, Any]:
    if isinstance(value, dict):
        return {**value, **entries}
    return dict([tuple(items_of(pair)) for pair in items_of(value)], **entries)


def _sorted(value: Any, /, *, reverse: Any = False) -> list[Any]:
    if type(value) in _SETS:
        return sorted(sorted_set(value), reverse=reverse)
    return sorted(items_of(value), reverse=reverse)


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        if set(keywords) - {"default"}:
            raise NotStaticError
        if len(args) > 1:
            return choose(*map(_plain, args), **keywords)
        (values,) = args
        found = sorted_set(values) if type(values) in _SETS else items_of(values)
        return choose(found, **keywords)

    return call


def _sum(values: Any, /, start: Any = 0) -> Any:
    """The sum of integers; that of floats differs between versions of Python."""
    numbers = list(_any_order(values))
    if any(type(number) not in (int, bool) for number in [*numbers, start]):
        raise NotStaticError
    return sum(numbers, start)


def _range(*args: Any) -> range:
    found = range(*args)
    if len(found) > MAX_SIZE:
        raise NotStaticError
    return found


def _all(values: Any, /) -> bool:
    return all(_any_order(values))


def _any(values: Any, /) -> bool:
    return any(_any_order(values))


def _enumerate(values: Any, start: Any = 0) -> Once:
    return Once(tuple(enumerate(items_of(values), start)))


def _zip(*values: Any, strict: Any = False) -> Once:
    return Once(tuple(zip(*map(items_of, values), strict=strict)))


def _reversed(values: Any, /) -> Once:
    if isinstance(values, Once):
        raise NotStaticError
    return Once(tuple(reversed(ordered(values))))


_CALLS: dict[str, Callable[..., Any]] = {
    "abs": _abs,
    "all": _all,
    "any": _any,
    "bool": _bool,
    "dict": _dict,
    "enumerate": _enumerate,
    "float": _float,
    "frozenset": _frozenset,
    "int": _int,
    "len": _len,
    "list": _list,
    "max": _extreme(max),
    "min": _extreme(min),
    "range": _range,
    "reversed": _reversed,
    "round": _round,
    "set": _set,
    "sorted": _sorted,
    "str": _str,
    "sum": _sum,
    "tuple": _tuple,
    "zip": _zip,
}
