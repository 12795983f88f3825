"""What starts a flow besides people: its schedule and its triggers, checked and as arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.events import Trigger
from flowc.ir.flow import Flow
from flowc.targets.airflow import start_problems as problems
from flowc.targets.airflow.assets import condition, filled, refused_names
from flowc.targets.airflow.clock import check_times, timetable
from flowc.targets.airflow.python_text import Call, Expression, Name


def check_starts(flow: Flow) -> Iterator[Diagnostic]:
    """What Airflow makes of what starts a flow."""
    if flow.schedule:
        yield from check_times(flow.schedule)
        yield from _ungiven(flow, flow.schedule.span, frozenset())
    for trigger in flow.triggers:
        given = frozenset(name for cause in trigger.causes for name in filled(cause))
        yield from _ungiven(flow, trigger.span, given)
        yield from _causes(flow, trigger)


def start_arguments(flow: Flow) -> Mapping[str, Expression]:
    """The arguments of `DAG` for a flow that something starts."""
    first_day = {"start_date": Name("FIRST_DAY")} if flow.schedule else {}
    return {"schedule": _schedule(flow), **first_day}


def _schedule(flow: Flow) -> Expression:
    if not flow.schedule:
        return condition(flow)
    times = timetable(flow.schedule)
    if not flow.triggers:
        return times
    both = {"timetable": times, "assets": condition(flow)}
    return Call("AssetOrTimeSchedule", (), both)


def _ungiven(flow: Flow, span: Span, given: frozenset[str]) -> Iterator[Diagnostic]:
    required = [parameter.name for parameter in flow.parameters if parameter.required]
    missing = [name for name in required if name not in given]
    if missing:
        yield problems.nobody_gives(span, missing)


def _causes(flow: Flow, trigger: Trigger) -> Iterator[Diagnostic]:
    for name in refused_names(trigger, flow):
        yield problems.name_no_asset_can_have(trigger.span, name)
    if trigger.reset:
        yield problems.events_are_kept(trigger.span)
