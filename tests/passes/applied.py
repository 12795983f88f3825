"""A step with decorators, as the passes leave it."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Step
from flowc.passes.apply_decorators import apply_decorators
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

HEAD = "from metaflow import *\n\nclass TestFlow(FlowSpec):\n"
TAIL = "\n    @step\n    def start(self):\n        pass\n"


def apply(*decorators: str) -> tuple[Step, list[Diagnostic]]:
    lines = "\n".join(f"    {decorator}" for decorator in decorators)
    flow, _ = parse_flow(Source("flow.py", HEAD + lines + TAIL))
    assert flow is not None
    flow, found = apply_decorators(flow)
    return flow.steps["start"], found


def told(*decorators: str) -> list[tuple[str, str, str]]:
    """What is found wrong: codes, messages and hints."""
    found = apply(*decorators)[1]
    return [(each.code, each.message, each.finding.hint) for each in found]
