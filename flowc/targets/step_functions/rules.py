"""What starts a flow as rules of EventBridge; loaded only for a flow that something starts."""

from __future__ import annotations

from typing import Any, assert_never

from flowc.ir.events import Cause, Event, FlowEnd
from flowc.ir.flow import Flow
from flowc.names import shortened
from flowc.targets.step_functions.events import ENDED, WAITS, cause_name, machine_that_ends
from flowc.targets.step_functions.naming import alias_arn, machine_arn
from flowc.targets.target import AwsOptions

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
_NAME_LIMIT, _DESCRIPTION_LIMIT = 64, 512


def rules(flow: Flow, machine: str, aws: AwsOptions) -> list[dict[str, Any]]:
    """The rules that start a machine, one for each cause, which hand the event over whole."""
    causes = [cause for trigger in flow.triggers for cause in trigger.causes]
    named = {cause_name(cause, flow): cause for cause in causes}
    return [_rule(cause, name, flow, machine, aws) for name, cause in named.items()]


def _rule(cause: Cause, name: str, flow: Flow, machine: str, aws: AwsOptions) -> dict[str, Any]:
    role = {"RoleArn": aws.events_role} if aws.events_role else {}
    return {
        "Name": shortened(f"{machine}-on-{name}", _NAME_LIMIT),
        **_matched(cause, name, flow, aws.event_bus),
        "Description": f"starts {machine} on {name}"[:_DESCRIPTION_LIMIT],
        "Targets": [{"Id": "flow", "Arn": alias_arn(machine), **role}],
    }


def _matched(cause: Cause, name: str, flow: Flow, bus: str) -> dict[str, Any]:
    match cause:
        case Event():
            found = {"EventPattern": {"detail-type": [name]}}
            return {"EventBusName": bus, **found} if bus else found
        case FlowEnd():
            detail = {
                "status": ["SUCCEEDED"],
                "stateMachineArn": [machine_arn(machine_that_ends(cause, flow))],
                # An execution that only waits for other events has run nothing.
                "output": [{"anything-but": {"wildcard": f"*{WAITS}*"}}],
            }
            # What AWS itself tells, it tells on the account's own bus.
            pattern = {"source": ["aws.states"], "detail-type": [ENDED], "detail": detail}
            return {"EventPattern": pattern}
        case _:
            assert_never(cause)
