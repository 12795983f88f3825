"""Expressions that say more than a literal; loaded only for a flow that has one."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, TypeVar

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Origin, Unknown, Value
from flowc.syntax.static import evaluate as static
from flowc.syntax.static.bounds import checked, sorted_set
from flowc.syntax.static.local import LocalScope
from flowc.syntax.static.module import Module
from flowc.syntax.static.paths import path_of
from flowc.syntax.static.provenance import Provenance, provenance
from flowc.syntax.static.symbols import (
    Applied,
    Delayed,
    Hole,
    Scope,
    Settings,
    Static,
)
from flowc.syntax.static.uncertain import MissingSettingError, NotStaticError

T = TypeVar("T")

# Gives the value of an expression over the flow's configurations; raises `MissingSettingError`
# where it has told that they lack something.
Resolve: TypeAlias = Callable[[Delayed], Value]


def evaluated(node: cst.BaseExpression, scope: Scope, hidden: Collection[str]) -> Static:
    """What an expression stands for; `NotStaticError` where only running would tell."""
    return _guarded(node, scope, hidden, static.evaluate)


def decorators_of(
    node: cst.BaseExpression, scope: Scope, hidden: Collection[str], span: Span, resolve: Resolve
) -> tuple[Decorator, ...]:
    """The decorators known to Metaflow that an expression stands for, outermost first."""
    applied = _guarded(node, scope, hidden, static.decorators_of)
    return tuple(_decorator(each, span, resolve) for each in applied)


def path(node: cst.BaseExpression, module: Module, file: str) -> str:
    """The path that an expression gives, built from the place of its file."""
    try:
        return path_of(_parsed(node), module, file)
    except RecursionError as error:
        raise NotStaticError from error


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


def as_value(found: Static, resolve: Resolve) -> Value:
    """What was evaluated, if it is a plain value of a reasonable size."""
    return _as_value(checked(found), resolve)


def source_of(delayed: Delayed) -> str:
    """The source of an expression over configurations."""
    access = [key if isinstance(key, str) else f"[{source_of(key)}]" for key in delayed.access]
    return ".".join([delayed.text, *access])


def setting(delayed: Delayed, configs: Mapping[str, Static]) -> Value:
    """What an expression over configurations gives; raises `NotStaticError` where it is uncertain.

    Raises `MissingSettingError` where the configurations lack what it asks for.
    """
    try:
        return _as_value(_resolved(delayed, configs), lambda inner: setting(inner, configs))
    except NotStaticError as error:
        _raise_cause(error)
        raise


def as_settings(value: Any) -> Any:
    """The value of a configuration, its dictionaries with entries as attributes."""
    match value:
        case dict():
            return Settings({key: as_settings(item) for key, item in value.items()})
        case list():
            return [as_settings(item) for item in value]
        case _:
            return value


def _resolved(delayed: Delayed, configs: Mapping[str, Static]) -> Static:
    expression = _parsed_text(delayed.text)
    for key in delayed.access:
        name = key if isinstance(key, str) else setting(key, configs)
        if not isinstance(name, str):
            raise NotStaticError
        expression = ast.Subscript(expression, ast.Constant(name))
    return checked(static.evaluate_late(expression, LocalScope(configs, delayed.scope)))


def _raise_cause(error: NotStaticError) -> None:
    """Raise what made a value uncertain, if it is that a configuration lacks something."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MissingSettingError):
            raise cause
        cause = cause.__cause__


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
    return _parsed_text(cst.Module([]).code_for_node(node))


def _parsed_text(text: str) -> ast.expr:
    try:
        # In brackets of its own, an expression may go on over several lines.
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, MemoryError) as error:
        raise NotStaticError from error


def _as_value(found: Any, resolve: Resolve) -> Value:
    """A plain value as the IR holds it."""
    match found:
        case Delayed():
            return resolve(found)
        case None | bool() | int() | float() | str():
            return found
        case list() | tuple():
            return tuple(_as_value(item, resolve) for item in found)
        case set() | frozenset():
            return tuple(sorted_set(found))
        case dict() if all(isinstance(key, str) for key in found):
            return {key: _as_value(value, resolve) for key, value in found.items()}
        case _:
            raise NotStaticError


def _decorator(applied: Applied, span: Span, resolve: Resolve) -> Decorator:
    def given(value: Static) -> Value:
        if isinstance(value, Hole):
            return Unknown(span, value.text)
        try:
            return as_value(value, resolve)
        except MissingSettingError:
            return Unknown(span, "", told=True)

    keywords: Mapping[str, Static] = applied.keywords
    arguments = {name: given(value) for name, value in keywords.items()}
    positional = tuple(map(given, applied.positional))
    return Decorator(applied.name, arguments, span, positional, applied.origin)
