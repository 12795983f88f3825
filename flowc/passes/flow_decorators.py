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
    names = {decorator.core for decorator in flow.decorators}
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


def _exit_hooks(flow: Flow) -> Read:
    from flowc.passes.read_exit_hooks import read_exit_hooks  # noqa: PLC0415

    hooks, found = read_exit_hooks(flow)
    return replace(flow, exit_hooks=hooks), found


def _sensors(flow: Flow) -> Read:
    from flowc.passes.read_sensors import read_sensors  # noqa: PLC0415

    sensors, found = read_sensors(flow)
    return replace(flow, sensors=sensors), found


def _packages(flow: Flow) -> Read:
    from flowc.passes.read_packages import for_steps, read_packages  # noqa: PLC0415

    packages, found = read_packages(flow)
    return replace(flow, packages=packages, steps=for_steps(flow, packages)), found


READERS: dict[str, Callable[[Flow], Read]] = {
    "schedule": _schedule,
    "project": _project,
    "trigger": _triggers,
    "trigger_on_finish": _triggers,
    "exit_hook": _exit_hooks,
    "airflow_external_task_sensor": _sensors,
    "airflow_s3_key_sensor": _sensors,
    "conda_base": _packages,
    "pypi_base": _packages,
}
