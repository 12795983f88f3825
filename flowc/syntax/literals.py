"""Expressions to values, where the source alone tells them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from inspect import cleandoc

import libcst as cst

from flowc.ir.flow import Value

_WORDS: dict[str, Value] = {"None": None, "True": True, "False": False}
_LONGEST_TEXT = 60
# An integer of more digits than Python writes out, 4300, has about so many bits.
_LONGEST_INTEGER = 14_000


class NotLiteralError(Exception):
    """An expression is no literal; never leaves `flowc.syntax`."""


def code(node: cst.CSTNode) -> str:
    """The node's source on one line, shortened if it is long."""
    try:
        text = " ".join(cst.Module([]).code_for_node(node).split())
    except RecursionError:
        return "…"
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def plain_literal(node: cst.BaseExpression) -> Value:
    """The value of a literal; raises `NotLiteralError` for any other expression."""
    match node:
        case cst.Name(word) if word in _WORDS:
            return _WORDS[word]
        case cst.Integer() | cst.Float():
            return _number(node)
        case cst.UnaryOperation(operator=sign, expression=operand):
            return _signed(sign, operand)
        case cst.SimpleString() | cst.ConcatenatedString():
            return _text(node)
        case cst.List(elements) | cst.Tuple(elements):
            return tuple(plain_literal(_plain(element)) for element in elements)
        case cst.Dict(elements):
            return _mapping(elements)
        case _:
            raise NotLiteralError


def text_of(node: cst.BaseExpression) -> str | None:
    """The text of a string literal; None for bytes, other expressions and escapes gone wrong."""
    if not isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        return None
    try:
        return _text(node)
    except NotLiteralError:
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
        raise NotLiteralError from error
    if isinstance(number, int) and number.bit_length() > _LONGEST_INTEGER:
        raise NotLiteralError
    return number


def _signed(sign: cst.BaseUnaryOp, operand: cst.BaseExpression) -> Value:
    number = _number(operand) if isinstance(operand, cst.Integer | cst.Float) else None
    match sign:
        case cst.Minus() if number is not None:
            return -number
        case cst.Plus() if number is not None:
            return number
        case _:
            raise NotLiteralError


def _text(node: cst.BaseExpression) -> str:
    pieces = []
    while isinstance(node, cst.ConcatenatedString):
        pieces.append(_piece(node.left))
        node = node.right
    return "".join([*pieces, _piece(node)])


def _piece(node: cst.BaseExpression) -> str:
    if not isinstance(node, cst.SimpleString):
        raise NotLiteralError
    try:
        with warnings.catch_warnings(action="ignore"):
            value = node.evaluated_value
    except (SyntaxError, ValueError) as error:
        raise NotLiteralError from error
    if not isinstance(value, str):
        raise NotLiteralError
    return value


def _plain(element: cst.BaseElement) -> cst.BaseExpression:
    if isinstance(element, cst.StarredElement):
        raise NotLiteralError
    return element.value


def _mapping(elements: Sequence[cst.BaseDictElement]) -> dict[str, Value]:
    entries: dict[str, Value] = {}
    for element in elements:
        if not isinstance(element, cst.DictElement):
            raise NotLiteralError
        key = plain_literal(element.key)
        if not isinstance(key, str):
            raise NotLiteralError
        entries[key] = plain_literal(element.value)
    return entries
