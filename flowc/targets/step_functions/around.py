"""What stands around a state machine: what starts it, what it may do, whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions.naming import machine_name
from flowc.targets.step_functions.policies import policies
from flowc.targets.step_functions.tags import all_tags
from flowc.targets.target import CompileOptions


def around(
    flow: Flow, options: CompileOptions, bucket: Bucket, document: Mapping[str, Any]
) -> dict[str, Any]:
    """What a document with a state machine and its jobs lacks; keys without anything are left out.

    ARNs of the account hold CloudFormation's pseudo parameters.
    """
    name = machine_name(flow, options.name)
    found = {"schedules": _schedules(flow, name, options), "rules": _rules(flow, name, options)}
    starts = {key: entries for key, entries in found.items() if entries}
    return {
        **starts,
        "policies": policies(flow, bucket, {**document, **starts}),
        "tags": all_tags(flow, options),
    }


def _schedules(flow: Flow, name: str, options: CompileOptions) -> list[dict[str, Any]]:
    if not flow.schedule and not any(trigger.reset for trigger in flow.triggers):
        return []
    from flowc.targets.step_functions.schedules import schedules  # noqa: PLC0415 (few flows)

    return list(schedules(flow, name, options.aws.events_role))


def _rules(flow: Flow, name: str, options: CompileOptions) -> list[dict[str, Any]]:
    if not flow.triggers:
        return []
    from flowc.targets.step_functions.rules import rules  # noqa: PLC0415 (few flows)

    return rules(flow, name, options.aws)
