"""Reads the decorators above a flow; what reads one is loaded only for a flow that has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow

Read: TypeAlias = tuple[Flow, list[Diagnostic]]


def read_flow_decorators(flow: Flow) -> Read:
    """The flow with what its decorators ask for, and what is wrong with them."""
    diagnostics: list[Diagnostic] = []
    names = {decorator.name for decorator in flow.decorators}
    for read in dict.fromkeys(READERS[name] for name in READERS if name in names):
        flow, found = read(flow)
        diagnostics += found
    return flow, diagnostics


def _schedule(flow: Flow) -> Read:
    from flowc.passes.read_schedule import read_schedule  # noqa: PLC0415

    schedule, found = read_schedule(flow)
    return replace(flow, schedule=schedule), found


def _project(flow: Flow) -> Read:
    from flowc.passes.read_project import read_project  # noqa: PLC0415

    project, found = read_project(flow)
    return replace(flow, project=project), found


def _triggers(flow: Flow) -> Read:
    from flowc.passes.read_triggers import read_triggers  # noqa: PLC0415

    triggers, found = read_triggers(flow)
    return replace(flow, triggers=triggers), found


READERS: dict[str, Callable[[Flow], Read]] = {
    "schedule": _schedule,
    "project": _project,
    "trigger": _triggers,
    "trigger_on_finish": _triggers,
}
