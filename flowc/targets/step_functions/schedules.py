"""What starts a flow by the clock, as schedules of EventBridge; loaded where there is any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flowc.diagnostics import Diagnostic
from flowc.errors import InternalError
from flowc.ir.cron import Cron, Schedule, Unsupported, render_aws
from flowc.ir.flow import Flow
from flowc.names import shortened
from flowc.targets.step_functions import start_problems as problems
from flowc.targets.step_functions.events import RESET_FIELD, gathered
from flowc.targets.step_functions.naming import alias_arn

# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
_NAME_LIMIT = 64


def check_schedule(schedule: Schedule, flow: Flow) -> Iterator[Diagnostic]:
    """What AWS makes of the schedule of a flow."""
    yield from check_times(schedule)
    if len(_parts(schedule.cron)) > 1:
        yield problems.started_twice(schedule.span)
    missing = [parameter.name for parameter in flow.parameters if parameter.required]
    if missing:
        yield problems.schedule_gives_nothing(schedule.span, missing)


def check_times(schedule: Schedule) -> Iterator[Diagnostic]:
    """What AWS makes of the times alone."""
    for _, cron in _parts(schedule.cron):
        text = render_aws(cron)
        if isinstance(text, Unsupported):
            yield problems.schedule_aws_cannot_have(schedule.span, text.reason, text.hint)


def schedules(flow: Flow, machine: str, role: str) -> Iterator[dict[str, Any]]:
    """The schedules, in a group of their own, that start a machine.

    A schedule of AWS has no tags, its group has.
    """
    if flow.schedule:
        # Without an input, AWS gives a notice of its own.
        yield from _scheduled(flow.schedule, machine, "", role, {})
    for number, trigger in enumerate(gathered(flow)):
        if trigger.reset:
            name = f"-reset-{number}"
            yield from _scheduled(trigger.reset, machine, name, role, {RESET_FIELD: number})


def _scheduled(
    times: Schedule, machine: str, name: str, role: str, given: dict[str, int]
) -> Iterator[dict[str, Any]]:
    for suffix, cron in _parts(times.cron):
        yield {
            "Name": shortened(f"{machine}{name}{suffix}", _NAME_LIMIT),
            "GroupName": shortened(machine, _NAME_LIMIT),
            "ScheduleExpression": f"cron({_rendered(cron)})",
            "ScheduleExpressionTimezone": times.zone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": {
                "Arn": alias_arn(machine),
                **({"RoleArn": role} if role else {}),
                "Input": json.dumps(given),
            },
        }


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
