"""What is wrong with a flow before it becomes a pipeline: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.targets.kubeflow import problems
from flowc.targets.target import CompileOptions


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Kubeflow Pipelines makes of the flow, in no particular order."""
    if not options.store:
        yield problems.no_common_store(flow.span)
