"""What an account is left with by a deployment, its changes, and what others do in between."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from botocore.awsrequest import AWSResponse
from s3_server import use
from step_functions.account import QUEUE
from step_functions.deploying import MACHINES, deploy, document, in_account, naming

from flowc.deploy.resources import Key
from flowc.deploy.step_functions.deployment import connect
from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError

if TYPE_CHECKING:
    from step_functions.account import Account


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
    live = in_account(wanted)
    assert {each.owner for each in live.values()} == {"first"}
    assert live[Key("state machine", "first")].body["alias"] == "current"


def test_a_second_deployment_finds_no_difference() -> None:
    wanted = document("same", "schedule", "rule")
    deploy(connect(wanted))

    assert deploy(connect(wanted)) == []


def test_what_others_changed_is_seen(aws: Account) -> None:
    wanted = document("drift")
    deploy(connect(wanted))
    other = document("drift", comment="by hand")["stateMachine"]["definition"]
    aws.machines.update_state_machine(
        stateMachineArn=f"{MACHINES}:drift", definition=str(other).replace("'", '"')
    )
    job = aws.batch.describe_job_definitions(jobDefinitionName="drift-0123")["jobDefinitions"][0]
    container = {**job["containerProperties"], "image": "another"}
    aws.batch.register_job_definition(
        jobDefinitionName="drift-0123", type="container", containerProperties=container
    )

    live = in_account(wanted)

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

    assert {str(key): live.owner for key, live in in_account(wanted).items()} == {
        "state machine foreign": "another",
        "schedule group foreign": "",
        "rule foreign-sunrise": "",
    }
    deploy(connect(wanted))
    assert {each.owner for each in in_account(wanted).values()} == {"foreign"}


def test_what_is_deleted_is_gone_however_often() -> None:
    wanted = document("gone", "schedule", "rule")
    engine = connect(wanted)
    deploy(engine)

    for _ in range(2):
        for resource in reversed(engine.resources):
            engine.delete(resource.key)

    assert in_account(wanted) == {}
    assert len(deploy(connect(wanted))) == 5


def test_a_definition_of_another_deployment_is_used_as_well() -> None:
    one, two = document("one"), document("two")
    two["jobDefinitions"] = one["jobDefinitions"]
    deploy(connect(one))

    assert deploy(connect(two)) == ["state machine two"]
    assert in_account(two)[Key("job definition", "one-0123")].owner == "one"
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
    aws.machines.tag_resource(resourceArn=f"{MACHINES}:theirs", tags=costs)

    assert deploy(connect(wanted)) == []


def test_a_definition_that_aws_refuses_is_told_by_state() -> None:
    wrong = document("wrong")
    wrong["stateMachine"]["definition"]["States"]["start"]["Next"] = "nowhere"

    assert connect(wrong).validate() == [
        "state `start`: Missing transition target (SCHEMA_VALIDATION_FAILED)"
    ]


@pytest.mark.parametrize(
    ("field", "word", "option"),
    [("JobQueue", "job queue", "--job-queue"), ("Cluster", "cluster", "--cluster")],
)
def test_where_tasks_run_is_looked_for(field: str, word: str, option: str) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue"

    for known in (QUEUE, "arn:aws:batch:eu-west-1:210987654321:job-queue/not-of-here"):
        assert connect(naming("placed", **{field: known})).validate() == []
    for unknown in ("nowhere", f"{arn}/nowhere"):
        (told,) = connect(naming("placed", **{field: unknown})).validate()
        assert told == (
            f"there is no {word} `{unknown}` in account 123456789012, us-east-1: make it, or name "
            f"another by {option}"
        )


@pytest.mark.parametrize("denial", ["AccessDeniedException", "AccessDenied"])
def test_who_may_not_look_for_queues_may_deploy(denial: str) -> None:
    session = Session()
    body = {"__type": denial, "message": "not authorized to perform: batch:DescribeJobQueues"}
    session.client("batch").meta.events.register(
        "before-send.batch.DescribeJobQueues", lambda **_: _answered(json.dumps(body), 403)
    )

    assert connect(naming("unseen", JobQueue="nowhere"), session).validate() == []


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
        f"{console}/states/home?region=us-east-1#/statemachines/view/{MACHINES}:linked",
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


def _throttled() -> AWSResponse:
    return _answered('{"__type": "ThrottlingException", "message": "Rate exceeded"}', 400)


def _answered(text: str, status: int) -> AWSResponse:
    body = BytesIO(text.encode())
    body.stream = lambda: iter([body.read()])
    return AWSResponse("http://aws", status, {}, body)
