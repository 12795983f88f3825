"""What an execution's input says of the events that start a flow.

An event is one that `PutEvents` takes: its `DetailType` is the event's name, its `Detail` holds
the fields. A rule hands the event over whole, and the state machine takes the fields out of it:
where a field is missing, a rule would make an input that is no JSON.
"""

from __future__ import annotations

from typing import assert_never

from flowc.ir.events import Cause, Event, FlowEnd, Trigger, event_name
from flowc.ir.flow import Flow
from flowc.targets.step_functions.jsonata import EXECUTION_INPUT, GIVEN, quoted
from flowc.targets.step_functions.naming import machine_of, project_words

# What AWS calls the news of an execution's end.
ENDED = "Step Functions Execution Status Change"

# The field of an execution's output that says that it is no run, but one event of several.
WAITS = "flowc.waits"

# What takes an event's place where those that have happened are to be forgotten, and the field of
# an input that asks for it.
RESET = "_reset"
RESET_FIELD = "flowc.reset"

_KIND = f"{EXECUTION_INPUT}.`detail-type`"


def cause_name(cause: Cause, flow: Flow) -> str:
    """What the cause is called to the flow, which is a name of AWS's events and of S3's keys."""
    return event_name(cause, *project_words(flow))


def machine_that_ends(cause: FlowEnd, flow: Flow) -> str:
    """The name of the state machine whose success is waited for."""
    project, branch = project_words(flow)
    return machine_of(cause.flow, cause.project or project, cause.branch or branch)


def gathered(flow: Flow) -> tuple[Trigger, ...]:
    """Those that wait for several causes."""
    return tuple(trigger for trigger in flow.triggers if len(trigger.causes) > 1)


def has_happened(cause: Cause, flow: Flow) -> str:
    """The condition that the input tells of the cause."""
    match cause:
        case Event():
            return f"{_KIND} = {quoted(cause_name(cause, flow))}"
        case FlowEnd():
            ended = f"$substringAfter({EXECUTION_INPUT}.detail.stateMachineArn, ':stateMachine:')"
            machine = quoted(machine_that_ends(cause, flow))
            return f"{_KIND} = {quoted(ENDED)} and {ended} = {machine}"
        case _:
            assert_never(cause)


def is_reset(number: int) -> str:
    """The condition that the input asks to forget what has happened of a trigger's causes."""
    return f"{EXECUTION_INPUT}.`{RESET_FIELD}` = {number}"


def given_parameters(flow: Flow) -> str:
    """The expression for what an execution's input gives, as such or as the only event.

    Empty where no event gives anything.
    """
    alone = [trigger.causes[0] for trigger in flow.triggers if len(trigger.causes) == 1]
    cases = "".join(
        f"{has_happened(cause, flow)} ? {_filled(cause, f'{EXECUTION_INPUT}.detail')} : "
        for cause in alone
        if isinstance(cause, Event) and cause.parameters
    )
    fills = cases or fields(flow, "$events")
    return f"$exists({GIVEN}) ? {GIVEN} : {cases}{{}}" if fills else ""


def fields(flow: Flow, events: str) -> str:
    """The expression for what several events give, from their details by name; or nothing."""
    filled = [
        _filled(cause, f"{events}.`{cause_name(cause, flow)}`")
        for trigger in gathered(flow)
        for cause in trigger.causes
        if isinstance(cause, Event) and cause.parameters
    ]
    return f"$merge([{', '.join(filled)}])" if filled else ""


def _filled(event: Event, detail: str) -> str:
    """The parameters from the fields of an event; one of which there is no field is left out."""
    pairs = [f"{quoted(name)}: {detail}.`{field}`" for name, field in event.parameters.items()]
    return f"{{{', '.join(pairs)}}}"
