"""Calls of functions that hold nothing but straight lines."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flowc.syntax.static.local import LocalScope, bound_arguments
from flowc.syntax.static.symbols import (
    Function,
    Once,
    Static,
)
from flowc.syntax.static.uncertain import NotStaticError

if TYPE_CHECKING:
    from flowc.syntax.static.evaluate import Evaluation


class Frame:
    """A call of a user's function that holds nothing but assignments, functions and a return."""

    def __init__(
        self,
        caller: Evaluation,
        function: Function,
        args: Sequence[Any],
        keywords: Mapping[str, Any],
    ) -> None:
        self._function = function
        defaults = caller.inside(function.scope)
        self._names = bound_arguments(function.node.args, args, keywords, defaults.value)
        scope = LocalScope(self._names, function.scope.enclosed())
        self._evaluation = caller.inside(scope)

    def run(self) -> Static:
        """What the function gives back."""
        node = self._function.node
        if node.decorator_list:
            raise NotStaticError
        for statement in node.body:
            match statement:
                case ast.Expr(ast.Constant()) | ast.Pass():
                    continue
                case ast.Return(ast.expr() as value):
                    return self._evaluation.value(value)
                case ast.Assign([ast.Name(name)], value):
                    self._bind(name, self._evaluation.value(value))
                case ast.FunctionDef(name):
                    self._bind(name, Function(statement, self._evaluation.scope))
                case _:
                    raise NotStaticError
        raise NotStaticError

    def _bind(self, name: str, value: Static) -> None:
        # A name that means something else before would be seen wrongly by inner functions.
        if name in self._names or isinstance(value, Once):
            raise NotStaticError
        self._names[name] = value
