"""A name that the branches of an `if` give a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowc.syntax.static.bounds import checked
from flowc.syntax.static.evaluate import evaluate
from flowc.syntax.static.symbols import (
    Scope,
    Static,
)
from flowc.syntax.static.uncertain import NotStaticError


@dataclass(frozen=True, slots=True)
class Choice:
    """A name that the branches of an `if` bind, each once."""

    scope: Scope
    name: str

    def value(self, statement: ast.stmt, sites: int) -> Static:
        """Its value in the branch that is certain, or in all branches if it is the same."""
        if not isinstance(statement, ast.If) or len(list(self._leaves(statement))) != sites:
            raise NotStaticError
        return self._chosen(statement)

    def _leaves(self, statement: ast.If) -> Iterator[ast.expr]:
        for branch in (statement.body, statement.orelse):
            match self._binding(branch):
                case ast.If() as inner:
                    yield from self._leaves(inner)
                case ast.expr() as value:
                    yield value

    def _binding(self, branch: Sequence[ast.stmt]) -> ast.If | ast.expr:
        """What gives the name its value in a branch: an assignment, or the `if` of an `elif`."""
        found = [
            statement.value
            for statement in branch
            if isinstance(statement, ast.Assign)
            and any(isinstance(to, ast.Name) and to.id == self.name for to in statement.targets)
        ]
        if len(found) == 1:
            return found[0]
        if not found and len(branch) == 1 and isinstance(branch[0], ast.If):
            return branch[0]
        raise NotStaticError

    def _chosen(self, statement: ast.If) -> Static:
        try:
            test = evaluate(statement.test, self.scope)
            checked(test)
        except NotStaticError:
            body, orelse = (self._of(branch) for branch in (statement.body, statement.orelse))
            if type(body) is not type(orelse) or repr(body) != repr(orelse):
                raise
            return body
        return self._of(statement.body if test else statement.orelse)

    def _of(self, branch: Sequence[ast.stmt]) -> Static:
        binding = self._binding(branch)
        if isinstance(binding, ast.If):
            return self._chosen(binding)
        return checked(evaluate(binding, self.scope))
