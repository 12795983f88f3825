"""Expressions that say more than a literal; loaded only for a flow that has one."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Origin, Unknown, Value
from flowc.syntax.static import evaluate as static
from flowc.syntax.static.bounds import checked, sorted_set
from flowc.syntax.static.module import Module
from flowc.syntax.static.provenance import Provenance, provenance
from flowc.syntax.static.symbols import Applied, Hole, NotStaticError, Scope, Static

T = TypeVar("T")


def evaluated(node: cst.BaseExpression, scope: Scope, hidden: Collection[str]) -> Static:
    """What an expression stands for; `NotStaticError` where only running would tell."""
    return _guarded(node, scope, hidden, static.evaluate)


def decorators_of(
    node: cst.BaseExpression, scope: Scope, hidden: Collection[str], span: Span
) -> tuple[Decorator, ...]:
    """The decorators known to Metaflow that an expression stands for, outermost first."""
    applied = _guarded(node, scope, hidden, static.decorators_of)
    return tuple(_decorator(each, span) for each in applied)


def own_origin(node: cst.BaseExpression, scope: Scope, hidden: Collection[str]) -> Origin | None:
    """What a function or class of the user's is to Metaflow, if it is anything for certain."""
    found = _guarded(node, scope, hidden, static.own_marker)
    return found.origin if found else None


def known_of(node: cst.BaseExpression, module: Module, inside: str) -> Provenance:
    """What is known of a decorator that is none of Metaflow's for certain."""
    try:
        return provenance(_parsed(node), module, inside)
    except (NotStaticError, RecursionError):
        return Provenance(Origin.UNSEEN)


def as_value(found: Static) -> Value:
    """What was evaluated, if it is a plain value of a reasonable size."""
    return _as_value(checked(found))


def _guarded(
    node: cst.BaseExpression,
    scope: Scope,
    hidden: Collection[str],
    read: Callable[[ast.expr, Scope], T],
) -> T:
    try:
        expression = _parsed(node)
        if _names_any(expression, hidden):
            raise NotStaticError
        return read(expression, scope)
    except RecursionError as error:
        raise NotStaticError from error


def _names_any(expression: ast.expr, hidden: Collection[str]) -> bool:
    return bool(hidden) and any(
        isinstance(node, ast.Name) and node.id in hidden for node in ast.walk(expression)
    )


def _parsed(node: cst.BaseExpression) -> ast.expr:
    try:
        # In brackets of its own, an expression may go on over several lines.
        text = f"({cst.Module([]).code_for_node(node)}\n)"
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError) as error:
        raise NotStaticError from error


def _as_value(found: Any) -> Value:
    """A plain value as the IR holds it."""
    match found:
        case None | bool() | int() | float() | str():
            return found
        case list() | tuple():
            return tuple(_as_value(item) for item in found)
        case set() | frozenset():
            return tuple(sorted_set(found))
        case dict() if all(isinstance(key, str) for key in found):
            return {key: _as_value(value) for key, value in found.items()}
        case _:
            raise NotStaticError


def _decorator(applied: Applied, span: Span) -> Decorator:
    def given(value: Static) -> Value:
        if isinstance(value, Hole):
            return Unknown(span, value.text)
        return _as_value(checked(value))

    keywords: Mapping[str, Static] = applied.keywords
    arguments = {name: given(value) for name, value in keywords.items()}
    positional = tuple(map(given, applied.positional))
    return Decorator(applied.name, arguments, span, positional, applied.origin)
