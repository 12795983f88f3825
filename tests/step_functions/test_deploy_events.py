"""Schedules and rules, which start executions, and what operators do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from s3_server import use
from step_functions.deploying import EVENTS, MACHINES, deploy, document, in_account, rule, schedule

from flowc.deploy.step_functions.deployment import connect
from flowc.errors import EngineError

if TYPE_CHECKING:
    from step_functions.account import Account


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


def test_what_starts_executions_names_the_alias(aws: Account) -> None:
    deploy(connect(document("arns", "schedule", "rule")))

    found = aws.client("scheduler").get_schedule(GroupName="arns", Name="arns-daily")
    targets = aws.client("events").list_targets_by_rule(Rule="arns-sunrise")["Targets"]

    assert found["Target"]["Arn"] == targets[0]["Arn"] == f"{MACHINES}:arns:live"
    assert found["State"] == "ENABLED"
    assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_a_schedule_that_an_operator_disabled_stays_so(aws: Account) -> None:
    wanted = document("paused", "schedule")
    deploy(connect(wanted))
    _disable(aws, wanted["schedules"][0], "paused")

    assert deploy(connect(wanted)) == []
    wanted["schedules"] = [schedule("paused", ScheduleExpression="rate(1 day)")]
    assert deploy(connect(wanted)) == ["schedule paused/paused-daily"]
    found = aws.client("scheduler").get_schedule(GroupName="paused", Name="paused-daily")
    assert (found["State"], found["ScheduleExpression"]) == ("DISABLED", "rate(1 day)")


def test_a_rule_that_an_operator_disabled_stays_so(aws: Account) -> None:
    wanted = document("still", "rule")
    deploy(connect(wanted))
    aws.client("events").disable_rule(Name="still-sunrise")

    assert deploy(connect(wanted)) == []
    wanted["rules"] = [rule("still", EventPattern={"detail-type": ["sunset"]})]
    assert deploy(connect(wanted)) == ["rule still-sunrise"]
    found = aws.client("events").describe_rule(Name="still-sunrise")
    assert (found["State"], found["EventPattern"]) == ("DISABLED", '{"detail-type": ["sunset"]}')


def test_a_rule_keeps_no_targets_but_its_own(aws: Account) -> None:
    wanted = document("targets", "rule")
    deploy(connect(wanted))
    other = {"Id": "other", "Arn": f"{MACHINES}:other", "RoleArn": EVENTS}
    aws.client("events").put_targets(Rule="targets-sunrise", Targets=[other])

    assert deploy(connect(wanted)) == ["rule targets-sunrise"]
    targets = aws.client("events").list_targets_by_rule(Rule="targets-sunrise")["Targets"]
    assert [target["Id"] for target in targets] == ["flow"]


def test_a_group_with_schedules_of_others_is_not_deleted(aws: Account) -> None:
    wanted = document("shared", "schedule")
    engine = connect(wanted)
    deploy(engine)
    body = {**engine.resources[-1].body, "Name": "theirs", "GroupName": "shared"}
    aws.client("scheduler").create_schedule(**body)

    engine.delete(engine.resources[-1].key)
    with pytest.raises(EngineError, match=r"not of the deployment \(theirs\)"):
        engine.delete(engine.resources[-2].key)

    assert aws.client("scheduler").get_schedule(GroupName="shared", Name="theirs")


def test_a_long_name_has_a_group_of_its_own() -> None:
    name, other = "x" * 70, "x" * 69
    groups = [_group(document(each, "schedule")) for each in (name, other)]

    assert all(len(group) <= 64 for group in groups)
    assert len(set(groups)) == 2


def test_a_document_names_groups_and_buses(aws: Account) -> None:
    wanted = document("named", "schedule", "rule")
    wanted["schedules"] = [schedule("named", GroupName="ours")]
    wanted["rules"] = [rule("named", EventBusName="bus")]
    aws.client("events").create_event_bus(Name="bus")

    assert deploy(connect(wanted))[-3:] == [
        "schedule group ours",
        "schedule ours/named-daily",
        "rule bus/named-sunrise",
    ]
    assert deploy(connect(wanted)) == []
    engine = connect(wanted)
    engine.delete(engine.resources[-1].key)
    assert len(in_account(wanted)) == len(engine.resources) - 1


def _group(wanted: dict[str, Any]) -> str:
    (group,) = [each.key for each in connect(wanted).resources if each.key.kind == "schedule group"]
    return group.name


def _disable(aws: Account, own: dict[str, Any], group: str) -> None:
    scheduler = aws.client("scheduler")
    found = scheduler.get_schedule(GroupName=group, Name=own["Name"])
    fields = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(
        GroupName=group, Name=own["Name"], State="DISABLED", **{key: found[key] for key in fields}
    )
