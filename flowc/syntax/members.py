"""What stands in the body of a class: steps, parameters, and other names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Parameter, Step
from flowc.syntax import problems
from flowc.syntax.classes import Cursor, PlacedClass, assigned
from flowc.syntax.decorators import read_decorators
from flowc.syntax.layout import Mark
from flowc.syntax.names import Names
from flowc.syntax.parameters import MAKERS, read_parameter
from flowc.syntax.source import Source
from flowc.syntax.step_method import Method, is_step, marks, read_step, stray_decorators
from flowc.syntax.tree import Member

_DECLARED = MAKERS | {"Config"}


@dataclass(slots=True)
class Members:
    """The steps and parameters of one class by name, and what is wrong, with the name at fault."""

    steps: dict[str, Step] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    diagnostics: list[tuple[str, Diagnostic]] = field(default_factory=list)


def read_members(placed: PlacedClass, file: str) -> Members:
    """The members that a class has itself; `file` is given to its steps."""
    reader = _Reader(placed, file)
    reader.read()
    return reader.found


@dataclass(slots=True)
class _Reader:
    """Collects what stands in a class."""

    placed: PlacedClass
    file: str
    found: Members = field(default_factory=Members)
    others: set[str] = field(default_factory=set)

    @property
    def source(self) -> Source:
        return self.placed.file.source

    @property
    def names(self) -> Names:
        return self.placed.names

    def _tell(self, found: Iterable[Diagnostic], name: str = "") -> None:
        self.found.diagnostics += [(name, diagnostic) for diagnostic in found]

    def read(self) -> None:
        cursor = Cursor.of_members(self.placed)
        for member in self.placed.members():
            match member.node:
                case cst.FunctionDef() as node if is_step(node, self.names):
                    self._step(node, member, cursor)
                case cst.FunctionDef() as node:
                    self._other_method(node, member, cursor)
                case cst.SimpleStatementLine(body=small):
                    for item in small:
                        self._assignment(item, cursor)
                case cst.BaseCompoundStatement() | cst.BaseSmallStatement() as statement:
                    self._hidden(statement)

    def _step(self, node: cst.FunctionDef, member: Member, cursor: Cursor) -> None:
        method = self._method(node, member, cursor)
        name = node.name.value
        ends_flow = "end" in marks(method.decorators) or name == "end"
        step, diagnostics = read_step(self.source, method, self.names, ends_flow=ends_flow)
        if name in self.found.steps or name in self.others:
            self._tell([problems.duplicate_step(step.span, name)], name)
        self.found.steps[name] = replace(step, file=self.file)
        self._tell(diagnostics, name)

    def _other_method(self, node: cst.FunctionDef, member: Member, cursor: Cursor) -> None:
        method, name = self._method(node, member, cursor), node.name.value
        self.others.add(name)
        if name in self.found.steps or name in self.found.parameters:
            self._tell([problems.duplicate_step(method.span, name)], name)
        self._tell(stray_decorators(method), name)

    def _method(self, node: cst.FunctionDef, member: Member, cursor: Cursor) -> Method:
        anchor, before = cursor.find(Mark.DEF, node.name.value)
        if anchor is None:
            end = self.placed.start
            decorators = read_decorators(self.source, node.decorators, [], end, self.names)
            return Method(node, member.function, self.placed.span, decorators, [])
        end = cursor.following() or self.placed.end
        return Method(
            node,
            member.function,
            self.source.span(anchor.start, anchor.end),
            read_decorators(self.source, node.decorators, before, anchor.start, self.names),
            list(self.source.layout.between(anchor.end, end)),
        )

    def _assignment(self, item: cst.CSTNode, cursor: Cursor) -> None:
        name, value = assigned(item)
        meaning = self.names.meaning(value.func) if isinstance(value, cst.Call) else None
        if not isinstance(value, cst.Call) or meaning not in _DECLARED:
            self._hidden(item)
            if name in self.found.parameters:
                self._tell([problems.duplicate_step(self._assigned_at(name, cursor), name)], name)
            return
        span = self._assigned_at(name, cursor)
        if name in self.others or name in self.found.parameters:
            self._tell([problems.duplicate_step(span, name)], name)
        if meaning in MAKERS:
            parameter, diagnostics = read_parameter(name, value, self.names, span)
            if parameter:
                self.found.parameters[name] = parameter
            self._tell(diagnostics, name)

    def _assigned_at(self, name: str, cursor: Cursor) -> Span:
        anchor, _ = cursor.find(Mark.ASSIGN, name)
        return self.source.span(anchor.start, anchor.end) if anchor else self.placed.span

    def _hidden(self, statement: cst.CSTNode) -> None:
        """Tell of a step or parameter inside a statement that flowc does not look into."""
        waiting = [statement]
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Call) and self.names.meaning(node.func) in _DECLARED:
                what = f"a `{self.names.meaning(node.func)}` inside another statement"
            elif isinstance(node, cst.FunctionDef) and is_step(node, self.names):
                what = f"the step `{node.name.value}` inside another statement"
            else:
                waiting.extend(node.children)
                continue
            instead = "write it directly into the class, one to a statement"
            self._tell([problems.not_read(self.placed.span, what, instead)])
