"""What is wrong with a flow before it becomes DAGs: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.targets.airflow import problems
from flowc.targets.airflow.naming import VALID_ID
from flowc.targets.gangs import too_large
from flowc.targets.target import CompileOptions


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Airflow makes of the flow, in no particular order."""
    if not options.store:
        yield problems.no_store(flow.span)
    if options.name and not VALID_ID.fullmatch(options.name):
        yield problems.invalid_dag_id(flow.span, options.name)
    for step, size in too_large(flow, options.max_workers):
        yield problems.gang_beyond_cap(step.span, step.name, size, options.max_workers)
