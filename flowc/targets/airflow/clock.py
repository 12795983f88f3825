"""What starts a flow by the clock, as a timetable; loaded where there is a schedule."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.errors import InternalError
from flowc.ir.cron import Schedule, Unsupported, render_croniter
from flowc.targets.airflow import start_problems as problems
from flowc.targets.airflow.python_text import Call


def check_times(schedule: Schedule) -> Iterator[Diagnostic]:
    """What Airflow makes of the times of a schedule."""
    cron = render_croniter(schedule.cron)
    if isinstance(cron, Unsupported):
        yield problems.schedule_airflow_cannot_have(schedule.span, cron.reason, cron.hint)


def timetable(schedule: Schedule) -> Call:
    """The times of a checked schedule."""
    cron = render_croniter(schedule.cron)
    if isinstance(cron, Unsupported):
        raise InternalError(f"a schedule that Airflow cannot have was not refused: {cron.reason}")
    return Call("clock", (cron,), {"timezone": schedule.zone})
