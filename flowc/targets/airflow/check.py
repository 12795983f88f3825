"""What is wrong with a flow before it becomes DAGs: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.targets.airflow import problems, start_problems
from flowc.targets.airflow.labels import too_long
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
    for tag in too_long(options.tags):
        yield start_problems.tag_too_long(flow.span, tag)
    yield from _around(flow)


def _around(flow: Flow) -> Iterator[Diagnostic]:
    if flow.schedule or flow.triggers:
        from flowc.targets.airflow.starts import check_starts  # noqa: PLC0415 (few flows have any)

        yield from check_starts(flow)
    if flow.sensors:
        from flowc.targets.airflow.sensors import check_sensors  # noqa: PLC0415 (few flows)

        yield from check_sensors(flow)
