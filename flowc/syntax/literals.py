"""Expressions to values, where the source alone tells them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from inspect import cleandoc

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Unknown, Value

_WORDS: dict[str, Value] = {"None": None, "True": True, "False": False}
_LONGEST_TEXT = 60
# An integer of more digits than Python writes out, 4300, has about so many bits.
_LONGEST_INTEGER = 14_000


class _NotLiteralError(Exception):
    """Leaves the evaluation of an expression that is no literal; never leaves this module."""


def literal(node: cst.BaseExpression, span: Span) -> Value:
    """The value of a literal expression, else an `Unknown` at `span`."""
    try:
        return _value(node)
    except _NotLiteralError:
        return Unknown(span, code(node))


def code(node: cst.CSTNode) -> str:
    """The node's source on one line, shortened if it is long."""
    try:
        text = " ".join(cst.Module([]).code_for_node(node).split())
    except RecursionError:
        return "…"
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _value(node: cst.BaseExpression) -> Value:
    match node:
        case cst.Name(word) if word in _WORDS:
            return _WORDS[word]
        case cst.Integer() | cst.Float():
            return _number(node)
        case cst.UnaryOperation(operator=sign, expression=operand):
            return _signed(sign, operand)
        case cst.SimpleString() | cst.ConcatenatedString():
            return _text(node)
        case cst.List(elements) | cst.Tuple(elements) | cst.Set(elements):
            return tuple(_value(_plain(element)) for element in elements)
        case cst.Dict(elements):
            return _mapping(elements)
        case _:
            raise _NotLiteralError


def text_of(node: cst.BaseExpression) -> str | None:
    """The text of a string literal; None for bytes, other expressions and escapes gone wrong."""
    if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    try:
        return _text(node)
    except _NotLiteralError:
        return None


def docstring(node: cst.FunctionDef | cst.ClassDef) -> str:
    """The docstring of a step or flow, without indentation; empty if there is none."""
    statements: Sequence[cst.CSTNode] = node.body.body
    if statements and isinstance(statements[0], cst.SimpleStatementLine):
        statements = statements[0].body
    match statements[0] if statements else None:
        case cst.Expr(value=value):
            return cleandoc(text_of(value) or "")
        case _:
            return ""


def _number(node: cst.Integer | cst.Float) -> int | float:
    """The number; Python's limit on the digits of an integer applies here as there."""
    plain = node.value.replace("_", "")
    try:
        number = int(plain, 0) if isinstance(node, cst.Integer) else float(plain)
    except ValueError as error:
        raise _NotLiteralError from error
    if isinstance(number, int) and number.bit_length() > _LONGEST_INTEGER:
        raise _NotLiteralError
    return number


def _signed(sign: cst.BaseUnaryOp, operand: cst.BaseExpression) -> Value:
    number = _number(operand) if isinstance(operand, cst.Integer | cst.Float) else None
    match sign:
        case cst.Minus() if number is not None:
            return -number
        case cst.Plus() if number is not None:
            return number
        case _:
            raise _NotLiteralError


def _text(node: cst.BaseExpression) -> str:
    pieces = []
    while isinstance(node, cst.ConcatenatedString):
        pieces.append(_piece(node.left))
        node = node.right
    return "".join([*pieces, _piece(node)])


def _piece(node: cst.BaseExpression) -> str:
    if not isinstance(node, cst.SimpleString):
        raise _NotLiteralError
    try:
        with warnings.catch_warnings(action="ignore"):
            value = node.evaluated_value
    except (SyntaxError, ValueError) as error:
        raise _NotLiteralError from error
    if not isinstance(value, str):
        raise _NotLiteralError
    return value


def _plain(element: cst.BaseElement) -> cst.BaseExpression:
    if isinstance(element, cst.StarredElement):
        raise _NotLiteralError
    return element.value


def _mapping(elements: Sequence[cst.BaseDictElement]) -> dict[str, Value]:
    entries: dict[str, Value] = {}
    for element in elements:
        if not isinstance(element, cst.DictElement):
            raise _NotLiteralError
        key = _value(element.key)
        if not isinstance(key, str):
            raise _NotLiteralError
        entries[key] = _value(element.value)
    return entries


def arguments(
    call: cst.Call, span_of: Callable[[cst.Arg], Span]
) -> tuple[tuple[Value, ...], dict[str, Value]]:
    """A call's positional and keyword arguments; `*` and `**` give `Unknown` ones."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    for arg in call.args:
        span = span_of(arg)
        if arg.star:
            unknown = Unknown(span, arg.star + code(arg.value))
            positional.append(unknown)
        elif arg.keyword:
            keywords[arg.keyword.value] = literal(arg.value, span)
        else:
            positional.append(literal(arg.value, span))
    return tuple(positional), keywords
