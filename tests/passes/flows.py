"""Flows with decorators above them."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.passes.flow_decorators import read_flow_decorators
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

HEAD = """from metaflow import *
from datetime import timedelta
"""
FLOW = """
class TestFlow(FlowSpec):
    alpha = Parameter("alpha", default=1)
    Beta = Parameter("Beta", default=2)

    @step
    def start(self):
        pass
"""


def decorated(decorators: str, above: str = "") -> tuple[Flow, list[Diagnostic]]:
    """A flow with these decorators, with what they ask for, and what is wrong with them."""
    source = f"{HEAD}{above}\n{decorators}{FLOW}"
    flow, found = parse_flow(Source("flow.py", source))
    assert flow is not None, found
    return read_flow_decorators(flow)


def codes(decorators: str, above: str = "") -> list[str]:
    """The codes of what is wrong with the decorators."""
    return [each.code for each in decorated(decorators, above)[1]]
