"""A source to a flow."""

from __future__ import annotations

from pathlib import PurePath

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.syntax import problems
from flowc.syntax.flow_class import FlowClass, find_flow_classes, find_stray_steps, read_flow
from flowc.syntax.imports import read_imports
from flowc.syntax.source import Source, parse_tree


def parse_flow(source: Source, name: str = "") -> tuple[Flow | None, list[Diagnostic]]:
    """The flow called `name`, or the only one; None if there is no such flow to look at."""
    module, diagnostics = parse_tree(source)
    if module is None:
        return None, diagnostics
    imports = read_imports(module)
    flow_classes = find_flow_classes(source, module, imports)
    if not flow_classes:
        stray = find_stray_steps(source, module, imports)
        return None, [problems.no_flow(source.path), *stray]
    chosen, diagnostics = _choose(source, flow_classes, name)
    if chosen is None:
        return None, diagnostics
    return read_flow(source, chosen, imports, PurePath(source.path).name)


def _choose(
    source: Source, flow_classes: list[FlowClass], name: str
) -> tuple[FlowClass | None, list[Diagnostic]]:
    names = [flow_class.name for flow_class in flow_classes]
    if name:
        found = [flow_class for flow_class in flow_classes if flow_class.name == name]
        return (
            (found[0], []) if found else (None, [problems.unknown_flow(source.path, name, names)])
        )
    if len(flow_classes) > 1:
        spans = [flow_class.span for flow_class in flow_classes]
        return None, [problems.several_flows(spans, source.path, names)]
    return flow_classes[0], []
