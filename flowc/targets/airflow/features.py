"""What of the templates a flow needs, and what the file imports for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowc.ir.flow import Flow
from flowc.ir.region import Foreach, Loop, Region, Switch, Task, walk
from flowc.targets.airflow.assets import class_names, event_fields
from flowc.targets.airflow.compute import Compute
from flowc.targets.airflow.imports import exceptions, in_airflow_2, in_airflow_3

_CONF = "from airflow.configuration import conf"
_ROUND = "from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator"
_CLOCK = "from airflow.timetables.trigger import CronTriggerTimetable"


def flags(flow: Flow, *, has_plan: bool) -> dict[str, bool]:
    """What the templates ask for, by the names that they have for it."""
    return {
        "has_plan": has_plan,
        "has_parameters": bool(flow.parameters),
        "has_lists": has_lists(flow),
        "has_loops": _has_loops(flow),
        "has_clock": bool(flow.schedule),
        "has_both": bool(flow.schedule and flow.triggers),
        "has_events": bool(event_fields(flow)),
        "has_hooks": bool(flow.exit_hooks),
        "may_skip": _may_skip(flow),
    }


def imports(flow: Flow, compute: Compute) -> dict[str, Any]:
    """The import statements: of other modules, and of Airflow's own in either release."""
    names = (*_names(flow), *compute.names)
    return {
        "standard": sorted(_standard(flow).union(compute.standard), key=_as_sorted),
        "modules": sorted(_modules(flow).union(compute.modules), key=_as_sorted),
        "airflow_3": list(in_airflow_3(names)),
        "airflow_2": list(in_airflow_2(names)),
        "exceptions": exceptions(names, "airflow.sdk.exceptions"),
        "older_exceptions": exceptions(names, "airflow.exceptions"),
    }


def has_lists(flow: Flow) -> bool:
    """Whether steps may run several times, so that they are mapped over lists of paths."""
    return any(isinstance(region, Foreach | Switch | Loop) for region in walk(flow.body))


def _has_loops(flow: Flow) -> bool:
    return any(map(_is_long_loop, walk(flow.body)))


def _is_long_loop(region: Region) -> bool:
    match region:
        case Loop(_, _, (Task(),)):
            return False
        case Loop():
            return True
        case _:
            return False


def _may_skip(flow: Flow) -> bool:
    return any(sensor.polling.soft_fail for sensor in flow.sensors)


def _names(flow: Flow) -> Iterator[str]:
    yield from ("DAG", "Asset", "AirflowException", "AirflowFailException")
    yield from class_names(flow)
    if flow.parameters:
        yield "Param"
    if has_lists(flow) or _may_skip(flow):
        yield "task"
    if flow.exit_hooks:
        yield "AirflowSkipException"


def _standard(flow: Flow) -> set[str]:
    own = {"import json"} if flow.parameters else set[str]()
    rounds = {"from hashlib import sha256"} if _has_loops(flow) else set[str]()
    return own | rounds | {"import re", "from datetime import datetime, timedelta, timezone"}


def _as_sorted(statement: str) -> tuple[bool, str]:
    """What sorts statements as a linter does."""
    return statement.startswith("from"), statement


def _modules(flow: Flow) -> set[str]:
    asked = {_CONF: has_lists(flow), _ROUND: _has_loops(flow), _CLOCK: flow.schedule}
    own = {statement for statement, needed in asked.items() if needed}
    if not flow.sensors:
        return own
    from flowc.targets.airflow.sensors import import_of  # noqa: PLC0415 (few flows have any)

    return own | {import_of(sensor) for sensor in flow.sensors}
