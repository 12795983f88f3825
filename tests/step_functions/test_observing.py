"""A state machine that tells of its executions: what is asked of AWS, and what its role may."""

from __future__ import annotations

import json
from dataclasses import replace

from cfnlint import ManualArgs, lint
from step_functions.test_definitions import OPTIONS, compiled, read
from step_functions.test_policies import allowed

GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/flows/train"
OBSERVED = replace(OPTIONS, aws=replace(OPTIONS.aws, log_group=GROUP, tracing=True))


def test_executions_are_logged_and_traced_where_that_is_asked_for() -> None:
    (document,) = compiled(read("linear"), OBSERVED).documents
    (plain,) = compiled(read("linear")).documents

    machine = document["stateMachine"]
    assert machine["tracingConfiguration"] == {"enabled": True}
    assert machine["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": False,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": f"{GROUP}:*"}}],
    }
    may = allowed(document["policies"]["machine"]["policy"])
    assert may["logs:CreateLogDelivery"] == may["xray:PutTraceSegments"] == ["*"]
    assert "logs:CreateLogDelivery" not in allowed(plain["policies"]["machine"]["policy"])
    assert not {"loggingConfiguration", "tracingConfiguration"} & plain["stateMachine"].keys()


def test_a_template_says_so_too() -> None:
    manifest = compiled(read("linear"), replace(OBSERVED, format="cloudformation"))
    (template,) = manifest.documents

    properties = template["Resources"]["Machine"]["Properties"]
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": f"{GROUP}:*"}}
    assert properties["LoggingConfiguration"]["Destinations"] == [destination]
    assert properties["TracingConfiguration"] == {"Enabled": True}
    found = lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))
    assert [match.message for match in found] == []
