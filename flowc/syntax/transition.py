"""`self.next(…)` in all its forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Kind, Target, Transition, Unknown, Value
from flowc.syntax import problems
from flowc.syntax.imports import root_name
from flowc.syntax.layout import Anchor, find_attribute
from flowc.syntax.literals import NotLiteralError, code, plain_literal, text_of
from flowc.syntax.names import Names
from flowc.syntax.source import Source

# How far behind one target the next is looked for.
_LONGEST_CALL = 10_000


def next_call(function: cst.FunctionDef, owner: str) -> cst.Call | None:
    """The `self.next(…)` that is the last statement of a step."""
    statements: Sequence[cst.CSTNode] = function.body.body
    if statements and isinstance(statements[-1], cst.SimpleStatementLine):
        statements = statements[-1].body
    match statements[-1] if statements else None:
        case cst.Expr(
            value=cst.Call(func=cst.Attribute(cst.Name(name), cst.Name("next"))) as call
        ) if name == owner:
            return call
        case _:
            return None


def own_calls(function: cst.FunctionDef, owner: str) -> list[bool]:
    """For each `owner.next(…)` in a step, in order, whether it is on the step's own `owner`.

    Inner functions with an argument of that name, as methods of inner classes are, have another.
    """
    found: list[bool] = []
    waiting: list[tuple[cst.CSTNode, bool]] = [(function.body, True)]
    while waiting:
        node, own = waiting.pop()
        if isinstance(node, cst.FunctionDef | cst.Lambda):
            given = (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
            own = own and all(item.name.value != owner for item in given)
        match node:
            case cst.Call(func=cst.Attribute(cst.Name(name), cst.Name("next"))) if name == owner:
                found.append(own)
        waiting.extend((child, own) for child in reversed(node.children))
    return found


class _InvalidError(Exception):
    """Says why a call is of no known form; never leaves this module."""


class TransitionReader:
    """Reads one call; every place is looked up in the call's own stretch of text."""

    def __init__(
        self, names: Callable[[], Names], source: Source, owner: str, place: Anchor | Span
    ) -> None:
        self._names = names
        self._source = source
        self._owner = owner
        self._span = place if isinstance(place, Span) else source.span(place.start, place.end)
        self._place = None if isinstance(place, Span) else place.end

    def read(self, call: cst.Call) -> tuple[Transition | None, list[Diagnostic]]:
        """The transition; None, with a diagnostic, if it is of no known form."""
        try:
            return self._read(call), []
        except _InvalidError as reason:
            return None, [problems.invalid_next(self._span, str(reason))]

    def _read(self, call: cst.Call) -> Transition:
        if any(arg.star for arg in call.args):
            raise _InvalidError("the steps of `self.next` must be named one by one, without `*`")
        keywords = {arg.keyword.value: arg.value for arg in call.args if arg.keyword}
        steps = [arg.value for arg in call.args if not arg.keyword]
        if not steps:
            raise _InvalidError("`self.next` names no step")
        match sorted(keywords):
            case []:
                return self._plain(steps)
            case ["foreach"]:
                return self._foreach(steps, keywords["foreach"])
            case ["num_parallel"]:
                return self._gang(steps, keywords["num_parallel"])
            case ["condition"]:
                return self._switch(steps, keywords["condition"])
            case names:
                words = ", ".join(f"`{name}`" for name in names)
                raise _InvalidError(f"`self.next` cannot take {words}")

    def _plain(self, steps: Sequence[cst.BaseExpression]) -> Transition:
        if isinstance(steps[0], cst.Dict):
            raise _InvalidError("`self.next` with a dictionary of cases needs `condition=`")
        kind = Kind.LINEAR if len(steps) == 1 else Kind.SPLIT
        return self._transition(kind, steps)

    def _foreach(
        self, steps: Sequence[cst.BaseExpression], items: cst.BaseExpression
    ) -> Transition:
        name = self._artifact(items)
        if len(steps) != 1:
            raise _InvalidError("`foreach` leads to exactly one step")
        if name is None:
            raise _InvalidError(f"`foreach` takes the name of an artifact, not `{code(items)}`")
        return self._transition(Kind.FOREACH, steps, name)

    def _gang(self, steps: Sequence[cst.BaseExpression], size: cst.BaseExpression) -> Transition:
        if len(steps) != 1:
            raise _InvalidError("`num_parallel` leads to exactly one step")
        return replace(self._transition(Kind.GANG, steps), size=self._value(size))

    def _switch(
        self, steps: Sequence[cst.BaseExpression], condition: cst.BaseExpression
    ) -> Transition:
        name = self._artifact(condition)
        if name is None:
            given = code(condition)
            raise _InvalidError(f"`condition` takes the name of an artifact, not `{given}`")
        if len(steps) != 1 or not isinstance(steps[0], cst.Dict):
            raise _InvalidError("`condition` needs one dictionary of cases")
        cases = [case for case in steps[0].elements if isinstance(case, cst.DictElement)]
        if not cases or len(cases) < len(steps[0].elements):
            raise _InvalidError("the cases of a switch must be written out")
        if len(cases) < 2:
            raise _InvalidError("a switch needs two cases or more")
        self._check_cases([case.key for case in cases])
        targets = [replace(self._target(case.value), case=_case_text(case.key)) for case in cases]
        return Transition(Kind.SWITCH, tuple(targets), self._span, name)

    def _check_cases(self, cases: Sequence[cst.BaseExpression]) -> None:
        known: set[object] = set()
        for case in cases:
            if not _is_case(case, self._owner):
                raise _InvalidError(
                    f"the case `{code(case)}` is no string, number or `self.config` entry"
                )
            key = self._case_key(case)
            if key in known:
                raise _InvalidError(f"the case `{code(case)}` stands there twice")
            known.add(key)

    def _case_key(self, case: cst.BaseExpression) -> Value:
        """The case's value; what stands in the source where only running would tell."""
        match case:
            case cst.Attribute(cst.Attribute(_, cst.Name(attribute)), cst.Name(entry)):
                found = self._names().entry(attribute, entry, self._span)
                return code(case) if found is None else found
        try:
            return plain_literal(case)
        except NotLiteralError:
            return code(case)

    def _transition(
        self, kind: Kind, steps: Sequence[cst.BaseExpression], artifact: str = ""
    ) -> Transition:
        targets = tuple(self._target(step) for step in steps)
        if kind is Kind.SPLIT and len({target.step for target in targets}) < len(targets):
            raise _InvalidError("a split leads to the same step twice")
        return Transition(kind, targets, self._span, artifact)

    def _target(self, node: cst.BaseExpression) -> Target:
        match node:
            case cst.Attribute(cst.Name(owner), cst.Name(step)) if owner == self._owner:
                return Target(step, self._find(step))
            case _:
                raise _InvalidError(f"`{code(node)}` is no step of this flow")

    def _artifact(self, node: cst.BaseExpression) -> str | None:
        """The artifact's name, if it is certain and an identifier."""
        name = self._value(node)
        return name if isinstance(name, str) and name.isidentifier() else None

    def _value(self, node: cst.BaseExpression) -> Value:
        try:
            return plain_literal(node)
        except NotLiteralError:
            if root_name(node) == self._owner:
                return Unknown(self._span, code(node))
        return self._names().value(node, self._span)

    def _find(self, step: str) -> Span:
        """The span of the next mention of a step in the call."""
        if self._place is None:
            return self._span
        text = self._source.text
        stop = min(len(text), self._place + _LONGEST_CALL)
        place = find_attribute(text, self._owner, step, self._place, stop)
        if place is None:
            return self._span
        self._place = place[1]
        return self._source.span(*place)


def _case_text(case: cst.BaseExpression) -> str:
    text = text_of(case)
    return code(case) if text is None else text


def _is_case(key: cst.BaseExpression, owner: str) -> bool:
    match key:
        case cst.SimpleString() | cst.Integer() | cst.Float() | cst.Imaginary():
            return True
        case cst.ConcatenatedString():
            return text_of(key) is not None
        case cst.Name("True" | "False"):
            return True
        case cst.Attribute(cst.Attribute(cst.Name(name), cst.Name()), cst.Name()):
            return name == owner
        case _:
            return False
