"""A flow's schedule as schedules of EventBridge; loaded only for a flow that has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flowc.diagnostics import Diagnostic
from flowc.errors import InternalError
from flowc.ir.cron import Cron, Schedule, Unsupported, render_aws
from flowc.ir.flow import Flow
from flowc.names import shortened
from flowc.targets.step_functions import start_problems as problems
from flowc.targets.step_functions.naming import alias_arn

# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
_NAME_LIMIT = 64


def check_schedule(schedule: Schedule, flow: Flow) -> Iterator[Diagnostic]:
    """What AWS makes of the schedule of a flow."""
    crons = [render_aws(cron) for _, cron in _parts(schedule.cron)]
    for cron in crons:
        if isinstance(cron, Unsupported):
            yield problems.schedule_aws_cannot_have(schedule.span, cron.reason, cron.hint)
    if len(crons) > 1:
        yield problems.started_twice(schedule.span)
    missing = [parameter.name for parameter in flow.parameters if parameter.required]
    if missing:
        yield problems.schedule_gives_nothing(schedule.span, missing)


def schedules(schedule: Schedule, machine: str, role: str) -> list[dict[str, Any]]:
    """The schedules, in a group of their own, that start a machine at the times of a checked one.

    A schedule of AWS has no tags, its group has.
    """
    group = shortened(machine, _NAME_LIMIT)
    return [
        {
            "Name": shortened(f"{machine}{suffix}", _NAME_LIMIT),
            "GroupName": group,
            "ScheduleExpression": f"cron({_rendered(cron)})",
            "ScheduleExpressionTimezone": schedule.zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": {
                "Arn": alias_arn(machine),
                **({"RoleArn": role} if role else {}),
                # Without one, AWS gives a notice of its own as input.
                "Input": "{}",
            },
        }
        for suffix, cron in _parts(schedule.cron)
    ]


def _parts(cron: Cron) -> list[tuple[str, Cron]]:
    """What a single schedule can say: it has days of the month or of the week, and never both."""
    if not (cron.days and cron.weekdays):
        return [("", cron)]
    return [("-days", replace(cron, weekdays=())), ("-weekdays", replace(cron, days=()))]


def _rendered(cron: Cron) -> str:
    text = render_aws(cron)
    if isinstance(text, Unsupported):
        raise InternalError(f"a schedule that AWS cannot have was not refused: {text.reason}")
    return text
