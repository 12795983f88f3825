"""What expressions mean at a place of a flow's files."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Unknown, Value
from flowc.syntax.imports import Imports
from flowc.syntax.literals import NotLiteralError, code, plain_literal
from flowc.syntax.project import File
from flowc.syntax.static.bounds import checked, sorted_set
from flowc.syntax.static.evaluate import decorators_of, evaluate
from flowc.syntax.static.module import ClassRef
from flowc.syntax.static.symbols import (
    ApiName,
    Applied,
    Builtin,
    Hole,
    NotStaticError,
    Scope,
    Static,
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a file, or of a class in it; `hidden` are those of a method around."""

    file: File
    class_name: str = ""
    hidden: Collection[str] = ()

    @property
    def imports(self) -> Imports:
        return self.file.imports

    def within(self, class_name: str) -> Names:
        """The names as the body of a class sees them."""
        return replace(self, class_name=class_name)

    def in_method(self, hidden: Collection[str]) -> Names:
        """The names as a method sees them that has `hidden` names of its own."""
        return Names(self.file, hidden=frozenset(hidden))

    def meaning(self, node: cst.BaseExpression) -> str | None:
        """The flow API's name that an expression refers to."""
        return self.imports.meaning(node)

    def value(self, node: cst.BaseExpression, span: Span) -> Value:
        """The expression's value, else an `Unknown` at `span`."""
        try:
            return plain_literal(node)
        except NotLiteralError:
            pass
        try:
            return _as_value(checked(self._evaluated(node)))
        except NotStaticError:
            return Unknown(span, code(node))

    def kind_word(self, node: cst.BaseExpression) -> str:
        """The word for a type, such as `int` or `JSONType`, or nothing."""
        try:
            found = self._evaluated(node)
        except NotStaticError:
            return ""
        return found.name if isinstance(found, ApiName | Builtin) else ""

    def class_of(self, node: cst.BaseExpression) -> ClassRef | str:
        """The class that a base is, or the name of one of the flow API or of Python's own."""
        found = self._evaluated(node)
        if isinstance(found, ClassRef):
            return found
        if isinstance(found, ApiName | Builtin):
            return found.name
        raise NotStaticError

    def decorators(self, node: cst.BaseExpression, span: Span) -> tuple[Decorator, ...] | None:
        """The API's decorators that `@expression` stands for; None if that is not certain."""
        try:
            applied = self._guarded(node, decorators_of)
            return tuple(_decorator(each, span) for each in applied)
        except NotStaticError:
            return None

    def hides_decorators(self, name: str) -> bool:
        """Whether what a user's decorator does may include decorators of the flow API."""
        return self.file.module.mentions_api(name.partition(".")[0])

    def _evaluated(self, node: cst.BaseExpression) -> Static:
        return self._guarded(node, evaluate)

    def _guarded(
        self, node: cst.BaseExpression, read: Callable[[ast.expr, Scope], Static]
    ) -> Static:
        try:
            expression = _parsed(node)
            self._check_visible(expression)
            return read(expression, self._scope())
        except RecursionError as error:
            raise NotStaticError from error

    def _scope(self) -> Scope:
        module = self.file.module
        return module.class_scope(self.class_name) if self.class_name else module

    def _check_visible(self, expression: ast.expr) -> None:
        if self.hidden and any(
            isinstance(node, ast.Name) and node.id in self.hidden for node in ast.walk(expression)
        ):
            raise NotStaticError


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
    return Decorator(applied.name, arguments, span, tuple(map(given, applied.positional)))
