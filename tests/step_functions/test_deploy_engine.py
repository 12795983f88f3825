"""What an account is left with by a deployment, its changes, and what others do in between."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from s3_server import use
from step_functions.deploying import EVENTS, deploy, document, rule, schedule

from flowc.deploy.resources import Key
from flowc.deploy.step_functions.deployment import connect
from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError

if TYPE_CHECKING:
    from step_functions.account import Account

    from flowc.deploy.resources import Live

_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine"


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


def test_a_first_deployment_makes_all_there_is() -> None:
    wanted = document("first", "schedule", "rule")

    assert deploy(connect(wanted)) == [
        "job definition first-0123",
        "state machine first",
        "schedule group first",
        "schedule first/first-daily",
        "rule first-sunrise",
    ]
    live = _live(wanted)
    assert {each.owner for each in live.values()} == {"first"}
    assert live[Key("state machine", "first")].body["alias"] == "current"


def test_what_starts_executions_names_the_alias(aws: Account) -> None:
    deploy(connect(document("arns", "schedule", "rule")))

    found = aws.client("scheduler").get_schedule(GroupName="arns", Name="arns-daily")
    targets = aws.client("events").list_targets_by_rule(Rule="arns-sunrise")["Targets"]

    assert found["Target"]["Arn"] == targets[0]["Arn"] == f"{_ARN}:arns:live"
    assert found["State"] == "ENABLED"
    assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_a_second_deployment_finds_no_difference() -> None:
    wanted = document("same", "schedule", "rule")
    deploy(connect(wanted))

    assert deploy(connect(wanted)) == []


def test_a_change_makes_a_version_that_the_alias_leads_to(aws: Account) -> None:
    deploy(connect(document("change")))

    assert deploy(connect(document("change", comment="second"))) == ["state machine change"]

    assert _routes(aws, "change") == [(f"{_ARN}:change:2", 100)]
    version = aws.machines.describe_state_machine(stateMachineArn=f"{_ARN}:change:2")
    assert version["description"].endswith(" second")


def test_a_state_machine_without_its_alias_is_completed(aws: Account) -> None:
    wanted = document("cut")
    deploy(connect(wanted))
    aws.machines.delete_state_machine_alias(stateMachineAliasArn=f"{_ARN}:cut:live")

    assert _live(wanted)[Key("state machine", "cut")].body["alias"] == "absent"
    assert deploy(connect(wanted)) == ["state machine cut"]
    assert _routes(aws, "cut") == [(f"{_ARN}:cut:1", 100)]


def test_an_update_that_did_not_come_to_the_alias_is_completed(aws: Account) -> None:
    first, second = document("half"), document("half", comment="second")
    deploy(connect(first))
    deploy(connect(second))
    _lead(aws, "half", 1)

    assert _live(second)[Key("state machine", "half")].body["alias"] == "version 1"
    assert deploy(connect(second)) == ["state machine half"]
    assert _routes(aws, "half") == [(f"{_ARN}:half:2", 100)]


def test_an_alias_with_two_versions_is_told_of() -> None:
    wanted = document("canary")
    deploy(connect(wanted))
    deploy(connect(document("canary", comment="second")))
    routing = [(1, 90), (2, 10)]
    _client("stepfunctions").update_state_machine_alias(
        stateMachineAliasArn=f"{_ARN}:canary:live",
        routingConfiguration=[
            {"stateMachineVersionArn": f"{_ARN}:canary:{number}", "weight": weight}
            for number, weight in routing
        ],
    )

    found = _live(wanted)[Key("state machine", "canary")].body["alias"]

    assert found == "version 1 (90 %), version 2 (10 %)"


def test_what_others_changed_is_seen(aws: Account) -> None:
    wanted = document("drift")
    deploy(connect(wanted))
    other = document("drift", comment="by hand")["stateMachine"]["definition"]
    aws.machines.update_state_machine(
        stateMachineArn=f"{_ARN}:drift", definition=str(other).replace("'", '"')
    )
    job = aws.batch.describe_job_definitions(jobDefinitionName="drift-0123")["jobDefinitions"][0]
    container = {**job["containerProperties"], "image": "another"}
    aws.batch.register_job_definition(
        jobDefinitionName="drift-0123", type="container", containerProperties=container
    )

    live = _live(wanted)

    machine = live[Key("state machine", "drift")].body
    assert (machine["definition"]["Comment"], machine["alias"]) == ("by hand", "version 1")
    revised = live[Key("job definition", "drift-0123")].body["containerProperties"]
    assert revised["image"] == "another"
    assert deploy(connect(wanted)) == ["job definition drift-0123", "state machine drift"]
    assert deploy(connect(wanted)) == []


def test_what_is_not_of_the_deployment_has_another_owner(aws: Account) -> None:
    wanted = document("foreign", "schedule", "rule")
    machine = wanted["stateMachine"]
    aws.machines.create_state_machine(
        name="foreign",
        roleArn=machine["roleArn"],
        definition='{"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}',
        tags=[{"key": "flowc:deployment", "value": "another"}],
    )
    aws.client("scheduler").create_schedule_group(Name="foreign")
    aws.client("events").put_rule(Name="foreign-sunrise", EventPattern="{}")

    assert {str(key): live.owner for key, live in _live(wanted).items()} == {
        "state machine foreign": "another",
        "schedule group foreign": "",
        "rule foreign-sunrise": "",
    }
    deploy(connect(wanted))
    assert {each.owner for each in _live(wanted).values()} == {"foreign"}


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
    other = {"Id": "other", "Arn": f"{_ARN}:other", "RoleArn": EVENTS}
    aws.client("events").put_targets(Rule="targets-sunrise", Targets=[other])

    assert deploy(connect(wanted)) == ["rule targets-sunrise"]
    targets = aws.client("events").list_targets_by_rule(Rule="targets-sunrise")["Targets"]
    assert [target["Id"] for target in targets] == ["flow"]


def test_what_is_deleted_is_gone_however_often() -> None:
    wanted = document("gone", "schedule", "rule")
    engine = connect(wanted)
    deploy(engine)

    for _ in range(2):
        for resource in reversed(engine.resources):
            engine.delete(resource.key)

    assert _live(wanted) == {}
    assert len(deploy(connect(wanted))) == 5


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


def test_a_definition_of_another_deployment_is_used_as_well() -> None:
    one, two = document("one"), document("two")
    two["jobDefinitions"] = one["jobDefinitions"]
    deploy(connect(one))

    assert deploy(connect(two)) == ["state machine two"]
    assert _live(two)[Key("job definition", "one-0123")].owner == "one"
    assert deploy(connect(one)) == []


def test_what_is_no_longer_wanted_is_told_of_whole() -> None:
    wanted = document("less", "schedule", "rule")
    engine = connect(wanted)
    deploy(engine)

    found = connect(document("less")).read(resource.key for resource in engine.resources)

    group, daily, sunrise = engine.resources[-3:]
    assert {live.owner for live in found.values()} == {"less"}
    assert found[group.key].body == group.body
    assert found[sunrise.key].body == sunrise.body
    assert found[daily.key].body["Target"].items() > daily.body["Target"].items()


def test_a_definition_that_was_deregistered_is_registered_again(aws: Account) -> None:
    wanted = document("again")
    deploy(connect(wanted))
    aws.batch.deregister_job_definition(jobDefinition="again-0123:1")

    assert deploy(connect(wanted)) == ["job definition again-0123"]


def test_tags_that_are_no_longer_wanted_go(aws: Account) -> None:
    wanted = document("tagged", "schedule", "rule")
    deploy(connect(wanted))
    wanted["tags"] = {"flowc:flow": "TrainFlow", "flowc:version": "3"}

    changed = deploy(connect(wanted))

    assert changed == [
        "job definition tagged-0123",
        "state machine tagged",
        "schedule group tagged",
        "rule tagged-sunrise",
    ]
    assert deploy(connect(wanted)) == []
    jobs = aws.batch.describe_job_definitions(jobDefinitionName="tagged-0123")["jobDefinitions"]
    assert [job["revision"] for job in jobs] == [1]


def test_tags_of_an_organisation_are_left_to_it(aws: Account) -> None:
    wanted = document("theirs")
    deploy(connect(wanted))
    costs = [{"key": "cost-centre", "value": "12"}]
    aws.machines.tag_resource(resourceArn=f"{_ARN}:theirs", tags=costs)

    assert deploy(connect(wanted)) == []


def test_logging_is_kept_unless_the_document_decides_it(aws: Account) -> None:
    deploy(connect(document("logged")))
    aws.machines.update_state_machine(
        stateMachineArn=f"{_ARN}:logged", tracingConfiguration={"enabled": True}
    )
    assert deploy(connect(document("logged", comment="second"))) == ["state machine logged"]
    assert _machine(aws, "logged")["tracingConfiguration"] == {"enabled": True}

    off = document("logged", comment="second", tracingConfiguration={"enabled": False})

    assert deploy(connect(off)) == ["state machine logged"]
    assert _machine(aws, "logged")["tracingConfiguration"] == {"enabled": False}


def test_an_update_is_refused_once_somebody_else_has_changed_it(aws: Account) -> None:
    engine = connect(document("race", comment="second"))
    deploy(connect(document("race")))
    live = engine.read([Key("state machine", "race")])[Key("state machine", "race")]
    aws.machines.update_state_machine(stateMachineArn=f"{_ARN}:race", roleArn=EVENTS)

    with pytest.raises(EngineError, match="state machine race has changed since"):
        engine.update(engine.resources[-1], live)

    assert _machine(aws, "race")["roleArn"] == EVENTS


def test_a_type_cannot_be_changed() -> None:
    deploy(connect(document("express", type="EXPRESS")))
    engine = connect(document("express"))
    live = engine.read([Key("state machine", "express")])

    with pytest.raises(EngineError, match=r"delete it, or deploy with another --name"):
        engine.update(engine.resources[-1], *live.values())


def test_old_versions_go_but_not_those_of_an_alias(
    aws: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowc.deploy.step_functions.alias._KEPT", 2)
    deploy(connect(document("many")))
    aws.machines.create_state_machine_alias(name="first", routingConfiguration=[_route("many", 1)])

    for number in range(2, 6):
        deploy(connect(document("many", comment=str(number))))

    listed = aws.machines.list_state_machine_versions(stateMachineArn=f"{_ARN}:many")
    arns = [each["stateMachineVersionArn"] for each in listed["stateMachineVersions"]]
    assert arns == [f"{_ARN}:many:{number}" for number in (5, 4, 1)]


def test_a_long_name_has_a_group_of_its_own() -> None:
    name, other = "x" * 70, "x" * 69
    groups = [engine_key(document(each, "schedule")) for each in (name, other)]

    assert all(len(group) <= 64 for group in groups)
    assert len(set(groups)) == 2


def test_a_document_names_groups_and_buses() -> None:
    wanted = document("named", "schedule", "rule")
    wanted["schedules"] = [schedule("named", GroupName="ours")]
    wanted["rules"] = [rule("named", EventBusName="bus")]
    _client("events").create_event_bus(Name="bus")

    assert deploy(connect(wanted))[-3:] == [
        "schedule group ours",
        "schedule ours/named-daily",
        "rule bus/named-sunrise",
    ]
    assert deploy(connect(wanted)) == []
    engine = connect(wanted)
    engine.delete(engine.resources[-1].key)
    assert len(_live(wanted)) == len(engine.resources) - 1


def test_a_definition_that_aws_refuses_is_told_by_state() -> None:
    wrong = document("wrong")
    wrong["stateMachine"]["definition"]["States"]["start"]["Next"] = "nowhere"

    assert connect(wrong).validate() == [
        "state `start`: Missing transition target (SCHEMA_VALIDATION_FAILED)"
    ]


def test_throttled_calls_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    session = Session()
    left = [_throttled(), _throttled(), _throttled()]
    session.client("stepfunctions").meta.events.register(
        "before-send", lambda **_: left.pop() if left else None
    )

    assert deploy(connect(document("busy"), session))[-1:] == ["state machine busy"]
    assert not left


def test_links_lead_to_the_console() -> None:
    console = "https://us-east-1.console.aws.amazon.com"

    assert connect(document("linked", "schedule")).links() == [
        f"{console}/states/home?region=us-east-1#/statemachines/view/{_ARN}:linked",
        f"{console}/scheduler/home?region=us-east-1#schedules/linked/linked-daily",
    ]


def test_roles_are_asked_for() -> None:
    without = document("roles", "schedule")
    del without["schedules"][0]["Target"]["RoleArn"]

    with pytest.raises(EngineError, match="pass --events-role ARN"):
        connect(without).check()
    del without["stateMachine"]["roleArn"]
    with pytest.raises(EngineError, match="pass --machine-role ARN"):
        connect(without).check()


def engine_key(wanted: dict[str, Any]) -> str:
    (group,) = [each.key for each in connect(wanted).resources if each.key.kind == "schedule group"]
    return group.name


def _live(wanted: dict[str, Any]) -> dict[Key, Live]:
    engine = connect(wanted)
    return dict(engine.read(resource.key for resource in engine.resources))


def _routes(aws: Account, name: str) -> list[tuple[str, int]]:
    alias = aws.machines.describe_state_machine_alias(stateMachineAliasArn=f"{_ARN}:{name}:live")
    return [
        (each["stateMachineVersionArn"], each["weight"]) for each in alias["routingConfiguration"]
    ]


def _route(name: str, number: int) -> dict[str, Any]:
    return {"stateMachineVersionArn": f"{_ARN}:{name}:{number}", "weight": 100}


def _lead(aws: Account, name: str, number: int) -> None:
    aws.machines.update_state_machine_alias(
        stateMachineAliasArn=f"{_ARN}:{name}:live", routingConfiguration=[_route(name, number)]
    )


def _machine(aws: Account, name: str) -> Any:
    return aws.machines.describe_state_machine(stateMachineArn=f"{_ARN}:{name}")


def _disable(aws: Account, own: dict[str, Any], group: str) -> None:
    scheduler = aws.client("scheduler")
    found = scheduler.get_schedule(GroupName=group, Name=own["Name"])
    fields = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(
        GroupName=group, Name=own["Name"], State="DISABLED", **{key: found[key] for key in fields}
    )


def _throttled() -> AWSResponse:
    body = BytesIO(b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
    body.stream = lambda: iter([body.read()])
    return AWSResponse("http://aws", 400, {}, body)


def _client(service: str) -> Any:
    return boto3.client(service)
