"""What starts a flow as rules of EventBridge, and what an event gives to the flow's parameters.

An event is one that `PutEvents` takes: its `DetailType` is the event's name, its `Detail` holds
the fields. A rule hands the event over whole, and the state machine takes the fields out of it:
where a field is missing, a rule would make an input that is no JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from flowc.diagnostics import Diagnostic
from flowc.ir.events import Cause, Event, FlowEnd, event_name
from flowc.ir.flow import Flow
from flowc.names import shortened
from flowc.targets.step_functions import start_problems as problems
from flowc.targets.step_functions.jsonata import EXECUTION_INPUT, GIVEN, quoted
from flowc.targets.step_functions.naming import alias_arn, machine_arn, machine_of, project_words
from flowc.targets.target import AwsOptions

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
_NAME_LIMIT = 64


def check_triggers(flow: Flow) -> Iterator[Diagnostic]:
    """What AWS makes of what starts the flow."""
    for trigger in flow.triggers:
        if len(trigger.causes) > 1:
            names = [event_name(cause, *project_words(flow)) for cause in trigger.causes]
            yield problems.several_causes(trigger.span, names)


def rules(flow: Flow, machine: str, aws: AwsOptions) -> list[dict[str, Any]]:
    """The rules that start a machine, one for each cause."""
    words = project_words(flow)
    return [_rule(cause, words, machine, aws) for cause in _causes(flow)]


def event_parameters(flow: Flow) -> str:
    """The expression for what an execution's input gives, as such or as an event.

    Empty where events give nothing.
    """
    words = project_words(flow)
    kind = f"{EXECUTION_INPUT}.`detail-type`"
    cases = "".join(
        f"{kind} = {quoted(event_name(cause, *words))} ? {_fields(cause.parameters)} : "
        for cause in _causes(flow)
        if isinstance(cause, Event) and cause.parameters
    )
    return f"$exists({GIVEN}) ? {GIVEN} : {cases}{{}}" if cases else ""


def _causes(flow: Flow) -> tuple[Cause, ...]:
    """What starts the flow by itself."""
    alone = [trigger.causes for trigger in flow.triggers if len(trigger.causes) == 1]
    return tuple(cause for causes in alone for cause in causes)


def _fields(parameters: Mapping[str, str]) -> str:
    """The parameters from the fields of an event; one of which there is no field is left out."""
    detail = f"{EXECUTION_INPUT}.detail"
    pairs = [f"{quoted(name)}: {detail}.`{field}`" for name, field in parameters.items()]
    return f"{{{', '.join(pairs)}}}"


def _rule(cause: Cause, words: tuple[str, str], machine: str, aws: AwsOptions) -> dict[str, Any]:
    name = event_name(cause, *words)
    role = {"RoleArn": aws.events_role} if aws.events_role else {}
    return {
        "Name": shortened(f"{machine}-on-{name}", _NAME_LIMIT),
        **_matched(cause, name, words, aws.event_bus),
        "Description": f"starts {machine} on {name}"[:512],
        "Targets": [{"Id": "flow", "Arn": alias_arn(machine), **role}],
    }


def _matched(cause: Cause, name: str, words: tuple[str, str], bus: str) -> dict[str, Any]:
    match cause:
        case Event():
            found = {"EventPattern": {"detail-type": [name]}}
            return {"EventBusName": bus, **found} if bus else found
        case FlowEnd(flow, project, branch):
            other = machine_of(flow, project or words[0], branch or words[1])
            # What AWS itself tells, it tells on the account's own bus.
            return {
                "EventPattern": {
                    "source": ["aws.states"],
                    "detail-type": ["Step Functions Execution Status Change"],
                    "detail": {"status": ["SUCCEEDED"], "stateMachineArn": [machine_arn(other)]},
                }
            }
        case _:
            assert_never(cause)
