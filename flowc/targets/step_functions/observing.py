"""What a state machine tells of its executions besides their history: a log, and traces.

https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowc.targets.step_functions.statements import Statement, allow
from flowc.targets.target import AwsOptions

_LOG, _TRACE = "loggingConfiguration", "tracingConfiguration"
_DELIVERY = ("Create", "Get", "Update", "Delete")


def observed(aws: AwsOptions) -> dict[str, Any]:
    """What is said of it when a state machine is made; nothing leaves it to operators."""
    log: dict[str, Any] = {}
    if aws.log_group:
        # An ARN of a group is taken with its end only, which the console does not show.
        group = aws.log_group if aws.log_group.endswith(":*") else f"{aws.log_group}:*"
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": group}}
        # What flows through a state machine are places in a store and parameters; those may be
        # what nobody but the flow should read.
        told = {"level": "ALL", "includeExecutionData": False, "destinations": [destination]}
        log = {_LOG: told}
    return {**log, **({_TRACE: {"enabled": True}} if aws.tracing else {})}


def statements(machine: Mapping[str, Any]) -> Iterator[Statement]:
    """What the role of such a machine must be allowed; AWS allows none of it for some only."""
    if _LOG in machine:
        deliveries = [f"logs:{verb}LogDelivery" for verb in _DELIVERY]
        groups = ["PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"]
        others = [f"logs:{action}" for action in ("ListLogDeliveries", *groups)]
        yield allow([*deliveries, *others], ["*"])
    if _TRACE in machine:
        sampling = ["GetSamplingRules", "GetSamplingTargets"]
        sent = ["PutTraceSegments", "PutTelemetryRecords", *sampling]
        yield allow([f"xray:{action}" for action in sent], ["*"])
