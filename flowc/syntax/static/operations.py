"""Operators and methods of plain values, in bounds: what would grow beyond them is not computed."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import Any

from flowc.syntax.static.bounds import MAX_BITS, MAX_SIZE, checked, holds_set
from flowc.syntax.static.symbols import Settings
from flowc.syntax.static.uncertain import NotStaticError

Operator = Callable[[Any, Any], Any]

_BINARY: dict[type[ast.operator], Operator] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_COMPARE: dict[type[ast.cmpop], Operator] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_SINGLETONS = (None, True, False, ...)
_NUMBERS = re.compile(r"\d+")
# A width that is given as an argument, or has five digits.
_WIDE_PERCENT = re.compile(r"%(\([^)]*\))?[^A-Za-z%]*(\*|\d{5})")

METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {
            *("capitalize", "casefold", "center", "count", "endswith", "find", "format", "index"),
            *("isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower"),
            *("isnumeric", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip"),
            *("partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust"),
            *("rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip"),
            *("swapcase", "title", "upper", "zfill"),
        }
    ),
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
    Settings: frozenset({"copy", "get", "items", "keys", "to_dict", "values"}),
    list: frozenset({"copy", "count", "index"}),
    tuple: frozenset({"count", "index"}),
    set: frozenset(
        {"copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset", "union"}
    ),
}
_PADDING = frozenset({"center", "ljust", "rjust", "zfill"})


def unary(sign: ast.unaryop, operand: Any) -> Any:
    """What a sign makes of a value."""
    if isinstance(sign, ast.Invert) and type(operand) is not int:
        raise NotStaticError
    return checked(_UNARY[type(sign)](operand))


def binary(sign: ast.operator, left: Any, right: Any) -> Any:
    """What an operator makes of two values."""
    compute = _BINARY.get(type(sign))
    if compute is None:
        raise NotStaticError
    match sign:
        case ast.Mult():
            _check_product(left, right)
        case ast.Pow():
            _check_power(left, right)
        case ast.LShift():
            _check(abs(right) <= MAX_BITS)
        case ast.Mod() if isinstance(left, str | bytes):
            _check_percent(left, right)
    return checked(compute(left, right))


def compare(sign: ast.cmpop, left: Any, right: Any) -> bool:
    """Whether a comparison holds."""
    if isinstance(sign, ast.Is | ast.IsNot):
        _check(any(side is single for side in (left, right) for single in _SINGLETONS))
        return (left is right) is isinstance(sign, ast.Is)
    return bool(_COMPARE[type(sign)](left, right))


def method(owner: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
    """What a method without side effects gives back."""
    _check(name in METHODS.get(type(owner), ()))
    if name in _PADDING:
        _check(bool(args) and args[0] <= MAX_SIZE)
    elif name == "replace":
        _check(len(args) == 2 and (len(owner) + 1) * (len(args[1]) + 1) <= MAX_SIZE)
    elif name == "join":
        (pieces,) = args
        _check(sum(len(piece) + len(owner) for piece in pieces) <= MAX_SIZE)
    elif name == "format":
        _check_format(owner, [*args, *keywords.values()])
    elif name == "to_dict":
        return dict(owner)
    return checked(getattr(owner, name)(*args, **keywords))


def formatted(value: Any, conversion: int, spec: str) -> str:
    """The text of `{value!r:spec}` in an f-string."""
    _check(not holds_set(value))
    _check_spec(spec)
    match conversion:
        case 115:
            value = str(value)
        case 114:
            value = repr(value)
        case 97:
            value = ascii(value)
    return str(checked(format(value, spec)))


def _check(condition: bool) -> None:  # noqa: FBT001 (reads like an assertion)
    if not condition:
        raise NotStaticError


def _check_product(left: Any, right: Any) -> None:
    for sequence, count in ((left, right), (right, left)):
        if isinstance(sequence, str | bytes | list | tuple):
            _check(len(sequence) * max(0, count) <= MAX_SIZE)
    if type(left) is int and type(right) is int:
        _check(left.bit_length() + right.bit_length() <= MAX_BITS)


def _check_power(left: Any, right: Any) -> None:
    _check(isinstance(left, int | float) and isinstance(right, int | float))
    if isinstance(left, int) and isinstance(right, int) and right > 0:
        _check(left.bit_length() * right <= MAX_BITS)


def _check_percent(left: Any, right: Any) -> None:
    _check(isinstance(left, str) and not holds_set(right))
    _check(not _WIDE_PERCENT.search(left))


def _check_format(text: str, values: Sequence[Any]) -> None:
    """Refuse attributes of values, whose text may be an address, and widths from elsewhere."""
    _check(not any(holds_set(value) for value in values))
    for _, name, spec, _ in Formatter().parse(text):
        _check("." not in (name or "") and "{" not in (spec or ""))
        _check_spec(spec or "")


def _check_spec(spec: str) -> None:
    """Refuse widths beyond reason, and what depends on the locale."""
    widths = [number for number in _NUMBERS.findall(spec) if len(number) > 4]
    _check(not widths and not spec.endswith("n"))
