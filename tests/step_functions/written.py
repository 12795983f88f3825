"""Flows whose source stands in a test, as documents for AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from step_functions.test_definitions import OPTIONS

from flowc.driver import read_flow
from flowc.targets import get_target

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.diagnostics import Diagnostic
    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions

PLAIN = """
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def source(decorators: str = "", members: str = "", steps: str = PLAIN, before: str = "") -> str:
    """The text of `TrainFlow`: its decorators, its other members, and its steps."""
    head = f"from metaflow import *\n{before}\n{decorators}\n"
    return f"{head}class TrainFlow(FlowSpec):\n{members}\n{steps}"


def flow_of(text: str, folder: Path) -> Flow:
    """The flow of a text, which is written to `flow.py`."""
    file = folder / "flow.py"
    file.write_text(text, encoding="utf-8")
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    return reading.flow


def emitted(
    flow: Flow, options: CompileOptions = OPTIONS
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The document of a flow, empty if there is none, and what is wrong with the flow."""
    manifest, diagnostics = get_target("step-functions").emit(flow, options)
    return dict(manifest.documents[0]) if manifest else {}, diagnostics
