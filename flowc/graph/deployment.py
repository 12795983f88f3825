"""What the decorators above a flow ask for, as `--format json` shows it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, assert_never

from flowc.ir.events import Cause, Event, FlowEnd, Trigger
from flowc.ir.exit_hooks import ExitHook, HookFunction
from flowc.ir.flow import Flow, Unknown
from flowc.ir.packages import Packages
from flowc.ir.project import Project
from flowc.ir.sensors import ExternalTaskSensor, S3KeySensor, Sensor

if TYPE_CHECKING:
    from flowc.ir.cron import Cron, Schedule


def deployment(flow: Flow) -> dict[str, Any]:
    """The flow's schedule, project, triggers and so on, by the keys of the document."""
    return {
        "schedule": _schedule(flow.schedule) if flow.schedule else None,
        "project": _project(flow.project) if flow.project else None,
        "triggers": [_trigger(trigger) for trigger in flow.triggers],
        "exit_hooks": [_exit_hook(hook) for hook in flow.exit_hooks],
        "sensors": [_sensor(sensor) for sensor in flow.sensors],
        "packages": [_packages(packages) for packages in flow.packages],
    }


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {"line": schedule.span.line, **_crons(schedule.cron), "timezone": schedule.zone}


def _crons(cron: Cron) -> dict[str, str | None]:
    """The cron in each dialect, None where one cannot say it."""
    from flowc.ir.cron import render_aws, render_unix  # noqa: PLC0415 - only for a schedule

    texts = {"unix": render_unix(cron), "aws": render_aws(cron)}
    return {name: text if isinstance(text, str) else None for name, text in texts.items()}


def _project(project: Project) -> dict[str, Any]:
    return {
        "line": project.span.line,
        "name": project.name,
        "branch": project.branch,
        "production": project.production,
    }


def _trigger(trigger: Trigger) -> dict[str, Any]:
    return {
        "line": trigger.span.line,
        "causes": [_cause(cause) for cause in trigger.causes],
        "reset": _schedule(trigger.reset) if trigger.reset else None,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    match cause:
        case Event(name, parameters, namespaced):
            return {
                "type": "event",
                "name": name,
                "namespaced": namespaced,
                "parameters": dict(parameters),
            }
        case FlowEnd(flow, project, branch):
            return {"type": "flow", "flow": flow, "project": project, "branch": branch}
        case _:
            assert_never(cause)


def _exit_hook(hook: ExitHook) -> dict[str, Any]:
    return {
        "line": hook.span.line,
        "on_success": [_function(function) for function in hook.on_success],
        "on_error": [_function(function) for function in hook.on_error],
        "image": hook.image,
    }


def _function(function: HookFunction) -> dict[str, Any]:
    return {"name": function.name, "module": function.module}


def _sensor(sensor: Sensor) -> dict[str, Any]:
    match sensor:
        case ExternalTaskSensor():
            kind = "external task"
        case S3KeySensor():
            kind = "s3 key"
        case _:
            assert_never(sensor)
    entries = {
        each.name: getattr(part, each.name)
        for part in (sensor.polling, sensor)
        for each in fields(part)
    }
    del entries["span"], entries["polling"]
    return {"type": kind, "line": sensor.span.line, **entries}


def _packages(packages: Packages) -> dict[str, Any]:
    return {
        "line": packages.span.line,
        "installer": packages.installer.value,
        "packages": _known(packages.packages),
        "python": _known(packages.python),
        "disabled": _known(packages.disabled),
    }


def _known(value: Any) -> Any:
    """The value; what only running would tell is an object with the source text."""
    return {"unknown": value.text} if isinstance(value, Unknown) else value
