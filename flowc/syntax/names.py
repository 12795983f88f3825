"""What expressions mean at a place of a flow's files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Origin, Unknown, Value
from flowc.syntax.imports import Imports
from flowc.syntax.literals import NotLiteralError, code, plain_literal
from flowc.syntax.project import File
from flowc.syntax.static.uncertain import MissingSettingError, NotStaticError

if TYPE_CHECKING:
    from flowc.syntax.static.symbols import ClassRef, Delayed, Scope, Static

# Decorators of flows whose arguments may hold more than plain values.
_REFERRING = frozenset(
    {"trigger", "trigger_on_finish", "exit_hook", "airflow_external_task_sensor"}
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

    def full_name(self, node: cst.BaseExpression) -> str:
        """The name by which any file could import what an expression refers to, or nothing."""
        if meaning := self.meaning(node):
            return f"metaflow.{meaning}"
        root, point, rest = code(node).partition(".")
        match list(dict.fromkeys(self.file.module.imported_names(root))):
            case [name]:
                return f"{name}{point}{rest}"
            case _:
                return ""

    def value(self, node: cst.BaseExpression, span: Span) -> Value:
        """The expression's value, else an `Unknown` at `span`."""
        try:
            return plain_literal(node)
        except NotLiteralError:
            pass
        from flowc.syntax.evaluated import as_value  # noqa: PLC0415 - see `_evaluated`

        try:
            return as_value(self._evaluated(node), self._settings(span))
        except NotStaticError:
            return Unknown(span, code(node))
        except MissingSettingError:
            return Unknown(span, code(node), told=True)

    def argument(self, decorator: str, word: str, node: cst.BaseExpression, span: Span) -> Value:
        """The value of a decorator's argument, in which some may name functions and the like."""
        if decorator not in _REFERRING:
            return self.value(node, span)
        # Loaded only for a flow with such a decorator.
        from flowc.syntax.references import References  # noqa: PLC0415

        hooks = decorator == "exit_hook" and word != "options"
        return References(self, span, hooks=hooks).value(node)

    def path(self, node: cst.BaseExpression) -> str | None:
        """The path that an expression gives, for reading a file of the flow's; None if unknown."""
        from flowc.syntax.evaluated import path  # noqa: PLC0415 - see `_evaluated`

        try:
            return path(node, self.file.module, self.file.source.path)
        except NotStaticError:
            return None

    def entry(self, attribute: str, key: str, span: Span) -> Value:
        """What a step finds as `self.attribute.key`, if the attribute is a configuration."""
        configs = self.file.project.configs
        return configs.entry(attribute, key, span) if configs else None

    def kind_word(self, node: cst.BaseExpression) -> str:
        """The word for a type, such as `int` or `JSONType`, or nothing."""
        try:
            found = self._evaluated(node)
        except NotStaticError:
            return ""
        from flowc.syntax.static.symbols import ApiName, Builtin  # noqa: PLC0415 - see `_evaluated`

        return found.name if isinstance(found, ApiName | Builtin) else ""

    def is_function(self, node: cst.BaseExpression) -> bool:
        """Whether the expression is certain to be a function, or a class in place of one.

        What a decorator makes of a function may be anything.
        """
        if isinstance(node, cst.Lambda):
            return True
        try:
            found = self._evaluated(node)
        except NotStaticError:
            return False
        from flowc.syntax.static.symbols import (  # noqa: PLC0415 - see `_evaluated`
            Builtin,
            ClassRef,
            Function,
        )

        if isinstance(found, Function | ClassRef):
            return not found.node.decorator_list
        return isinstance(found, Builtin)

    def class_of(self, node: cst.BaseExpression) -> ClassRef | str:
        """The class that a base is, or the name of one of the flow API or of Python's own."""
        found = self._evaluated(node)
        from flowc.syntax.static.symbols import (  # noqa: PLC0415 - see `_evaluated`
            ApiName,
            Builtin,
            ClassRef,
        )

        if isinstance(found, ClassRef):
            return found
        if isinstance(found, ApiName | Builtin):
            return found.name
        raise NotStaticError

    def decorators(self, node: cst.BaseExpression, span: Span) -> tuple[Decorator, ...] | None:
        """The known decorators that `@expression` stands for; None if that is not certain."""
        from flowc.syntax.evaluated import decorators_of  # noqa: PLC0415 - see `_evaluated`

        try:
            return decorators_of(node, self._scope(), self.hidden, span, self._settings(span))
        except NotStaticError:
            return None

    def own_origin(self, node: cst.BaseExpression) -> Origin | None:
        """What a function or class of the user's is to Metaflow; None if it is not certain."""
        from flowc.syntax.evaluated import own_origin  # noqa: PLC0415 - see `_evaluated`

        try:
            return own_origin(node, self._scope(), self.hidden)
        except NotStaticError:
            return None

    def provenance(self, node: cst.BaseExpression) -> tuple[Origin, tuple[str, ...]]:
        """The origin of any other decorator, and those of Metaflow's that it may add."""
        from flowc.syntax.evaluated import known_of  # noqa: PLC0415 - see `_evaluated`

        found = known_of(node, self.file.module, self.class_name)
        return found.origin, found.uses

    def _settings(self, span: Span) -> Callable[[Delayed], Value]:
        """What gives the values of expressions over configurations; what is wrong is at `span`."""
        configs = self.file.project.configs
        if configs is None:
            return lambda delayed: Unknown(span, delayed.text)
        return partial(configs.setting, span=span)

    def _evaluated(self, node: cst.BaseExpression) -> Static:
        # Most flows say literals alone, and need not wait for the evaluation to be loaded.
        from flowc.syntax.evaluated import evaluated  # noqa: PLC0415

        return evaluated(node, self._scope(), self.hidden)

    def _scope(self) -> Scope:
        module = self.file.module
        return module.class_scope(self.class_name) if self.class_name else module
