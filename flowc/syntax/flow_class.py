"""Flow classes: which classes are flows, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Decorator, Flow, Parameter, Step
from flowc.syntax import problems
from flowc.syntax.decorators import read_decorators
from flowc.syntax.imports import Imports
from flowc.syntax.layout import Anchor, Mark
from flowc.syntax.literals import docstring
from flowc.syntax.parameters import MAKERS, read_parameter
from flowc.syntax.source import Source
from flowc.syntax.step_method import Method, is_step, marks, read_step

_DECLARED = MAKERS | {"Config"}


@dataclass(frozen=True, slots=True)
class FlowClass:
    """A class that is a flow, and where it stands in the text."""

    node: cst.ClassDef
    span: Span
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.node.name.value


def find_flow_classes(source: Source, module: cst.Module, imports: Imports) -> list[FlowClass]:
    """The module's classes that derive from `FlowSpec`, in order, also through each other."""
    flows: dict[str, FlowClass] = {}
    cursor = _Cursor(source, 0, len(source.text), 0)
    for statement in module.body:
        if isinstance(statement, cst.ClassDef):
            anchor, _ = cursor.find(Mark.CLASS, statement.name.value)
            if any(_is_flow(base.value, imports, flows) for base in statement.bases):
                flow_class = _placed(source, statement, anchor)
                flows[flow_class.name] = flow_class
    return list(flows.values())


def find_stray_steps(source: Source, module: cst.Module, imports: Imports) -> list[Diagnostic]:
    """A warning for each class that has steps but derives from no flow."""
    cursor = _Cursor(source, 0, len(source.text), 0)
    found = []
    for node in module.body:
        if isinstance(node, cst.ClassDef):
            anchor, _ = cursor.find(Mark.CLASS, node.name.value)
            if any(is_step(item, imports) for item in _functions(node)):
                span = _placed(source, node, anchor).span
                found.append(problems.step_outside_flow(span, node.name.value))
    return found


def read_flow(
    source: Source, flow_class: FlowClass, imports: Imports, file: str
) -> tuple[Flow, list[Diagnostic]]:
    """The flow, as far as it can be read, and what is wrong with it."""
    members = _Members(source, flow_class, imports)
    members.read()
    start, end = (_named(members.steps, word) for word in ("start", "end"))
    flow = Flow(
        name=flow_class.name,
        file=file,
        span=flow_class.span,
        steps=members.steps,
        start=start,
        end=end,
        parameters=tuple(members.parameters),
        decorators=_class_decorators(source, flow_class, imports),
        doc=docstring(flow_class.node),
    )
    return flow, members.diagnostics + _bases(flow_class, imports)


def _named(steps: dict[str, Step], word: str) -> str:
    """The step marked as start or end, else the one so called, else none."""
    marked = [step.name for step in steps.values() if word in step.marks]
    if marked:
        return marked[0]
    return word if word in steps else ""


class _Cursor:
    """Walks the anchors of a stretch of text that stand at one indentation, in order."""

    def __init__(self, source: Source, start: int, end: int, indent: int) -> None:
        anchors = source.layout.between(start, end)
        self._anchors = [anchor for anchor in anchors if anchor.indent == indent]
        self._next = 0

    def find(self, mark: Mark, text: str) -> tuple[Anchor | None, list[Anchor]]:
        """The next anchor of that kind and text, and the decorators right before it."""
        for place in range(self._next, len(self._anchors)):
            anchor = self._anchors[place]
            if anchor.mark is mark and anchor.text == text:
                before = self._decorators_before(place)
                self._next = place + 1
                return anchor, before
        return None, []

    def _decorators_before(self, place: int) -> list[Anchor]:
        first = place
        while first > self._next and self._anchors[first - 1].mark is Mark.DECORATOR:
            first -= 1
        return self._anchors[first:place]

    def following(self) -> int | None:
        """Where the anchor after the last one found begins."""
        return self._anchors[self._next].start if self._next < len(self._anchors) else None


@dataclass(slots=True)
class _Members:
    """Collects what stands in a flow class."""

    source: Source
    flow_class: FlowClass
    imports: Imports
    steps: dict[str, Step] = field(default_factory=dict)
    parameters: list[Parameter] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    def read(self) -> None:
        here = self.flow_class
        inside = self.source.layout.between(here.start, here.end)
        indent = min((anchor.indent for anchor in inside if anchor.indent > 0), default=0)
        cursor = _Cursor(self.source, here.start, here.end, indent)
        functions = [item for item in _functions(here.node) if is_step(item, self.imports)]
        names = {item.name.value for item in functions}
        ends = "end" if "end" in names else ""
        for statement in here.node.body.body:
            match statement:
                case cst.FunctionDef() if is_step(statement, self.imports):
                    self._step(statement, cursor, ends)
                case cst.FunctionDef(name=name):
                    self._other_method(name.value, cursor)
                case cst.SimpleStatementLine(body=small):
                    for item in small:
                        self._assignment(item, cursor)
                case cst.BaseCompoundStatement() | cst.BaseSmallStatement():
                    self._hidden(statement)

    def _step(self, node: cst.FunctionDef, cursor: _Cursor, end: str) -> None:
        method = self._method(node, cursor)
        name = node.name.value
        ends_flow = "end" in marks(method.decorators) or name == end
        step, diagnostics = read_step(self.source, method, self.imports, ends_flow=ends_flow)
        if name in self.steps or name in self.others:
            self.diagnostics.append(problems.duplicate_step(step.span, name))
        self.steps[name] = step
        self.diagnostics += diagnostics

    def _other_method(self, name: str, cursor: _Cursor) -> None:
        anchor, _ = cursor.find(Mark.DEF, name)
        self.others.add(name)
        if name in self.steps:
            span = self.source.span(anchor.start, anchor.end) if anchor else self.flow_class.span
            self.diagnostics.append(problems.duplicate_step(span, name))

    def _method(self, node: cst.FunctionDef, cursor: _Cursor) -> Method:
        anchor, before = cursor.find(Mark.DEF, node.name.value)
        if anchor is None:
            end = self.flow_class.start
            decorators = read_decorators(self.source, node.decorators, [], end, self.imports)
            return Method(node, self.flow_class.span, decorators, [])
        end = cursor.following() or self.flow_class.end
        return Method(
            node,
            self.source.span(anchor.start, anchor.end),
            read_decorators(self.source, node.decorators, before, anchor.start, self.imports),
            list(self.source.layout.between(anchor.end, end)),
        )

    def _assignment(self, item: cst.CSTNode, cursor: _Cursor) -> None:
        name, value = _assigned(item)
        meaning = self.imports.meaning(value.func) if isinstance(value, cst.Call) else None
        if not isinstance(value, cst.Call) or meaning not in _DECLARED:
            self._hidden(item)
            return
        anchor, _ = cursor.find(Mark.ASSIGN, name)
        span = self.source.span(anchor.start, anchor.end) if anchor else self.flow_class.span
        if meaning in MAKERS:
            parameter, diagnostics = read_parameter(name, value, self.imports, span)
            self.parameters += [parameter] if parameter else []
            self.diagnostics += diagnostics
        else:
            instead = "give the values as parameters or constants"
            self.diagnostics.append(problems.not_read(span, "`Config`", instead))

    def _hidden(self, statement: cst.CSTNode) -> None:
        """Tell of a step or parameter inside a statement that flowc does not look into."""
        waiting = [statement]
        while waiting:
            node = waiting.pop()
            if isinstance(node, cst.Call) and self.imports.meaning(node.func) in _DECLARED:
                what = f"a `{self.imports.meaning(node.func)}` inside another statement"
            elif isinstance(node, cst.FunctionDef) and is_step(node, self.imports):
                what = f"the step `{node.name.value}` inside another statement"
            else:
                waiting.extend(node.children)
                continue
            instead = "write it directly into the class, one to a statement"
            self.diagnostics.append(problems.not_read(self.flow_class.span, what, instead))


def _assigned(item: cst.CSTNode) -> tuple[str, cst.BaseExpression | None]:
    match item:
        case cst.Assign(targets=[cst.AssignTarget(cst.Name(name))], value=value):
            return name, value
        case cst.AnnAssign(target=cst.Name(name), value=value):
            return name, value
        case _:
            return "", None


def _functions(node: cst.ClassDef) -> Iterator[cst.FunctionDef]:
    return (item for item in node.body.body if isinstance(item, cst.FunctionDef))


def _is_flow(base: cst.BaseExpression, imports: Imports, flows: dict[str, FlowClass]) -> bool:
    if isinstance(base, cst.Name) and base.value in flows:
        return True
    return imports.meaning(base) == "FlowSpec"


def _placed(source: Source, node: cst.ClassDef, anchor: Anchor | None) -> FlowClass:
    if anchor is None:
        return FlowClass(node, source.span(0, 1), 0, len(source.text))
    later = source.layout.between(anchor.end, len(source.text))
    end = next((other.start for other in later if other.indent == 0), len(source.text))
    return FlowClass(node, source.span(anchor.start, anchor.end), anchor.end, end)


def _class_decorators(
    source: Source, flow_class: FlowClass, imports: Imports
) -> tuple[Decorator, ...]:
    nodes: Sequence[cst.Decorator] = flow_class.node.decorators
    name_starts = flow_class.start - len(flow_class.name)
    before = [
        anchor
        for anchor in source.layout.between(0, name_starts)
        if anchor.mark is Mark.DECORATOR and anchor.indent == 0
    ]
    anchors = before[-len(nodes) :] if nodes else []
    return read_decorators(source, nodes, anchors, max(name_starts, 0), imports)


def _bases(flow_class: FlowClass, imports: Imports) -> list[Diagnostic]:
    """A diagnostic for each base other than `FlowSpec`, whose steps would not be seen."""
    others = [
        base.value for base in flow_class.node.bases if imports.meaning(base.value) != "FlowSpec"
    ]
    if not others:
        return []
    instead = f"write the steps of `{flow_class.name}` in the class itself"
    return [problems.not_read(flow_class.span, "a flow with a base besides `FlowSpec`", instead)]
