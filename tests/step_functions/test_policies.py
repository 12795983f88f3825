"""What the roles of a deployment may do: what its definition does, and nothing besides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from step_functions.test_compute import ECS
from step_functions.test_definitions import OPTIONS, compiled, read
from step_functions.written import flow_of, source

from flowc.targets.target import AwsOptions

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:"
ROLE = "arn:aws:iam::123456789012:role/"


def policies(name: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = compiled(read(name), replace(OPTIONS, **options)).documents[0]
    return {role: each["policy"] for role, each in found["policies"].items()}


def allowed(policy: dict[str, Any]) -> dict[str, list[str]]:
    """The resources of each action."""
    return {
        action: statement["Resource"]
        for statement in policy["Statement"]
        for action in statement["Action"]
    }


def test_a_machine_of_plain_steps_may_run_its_jobs() -> None:
    batch, events = ARN % "batch", ARN % "events"
    rule = [f"{events}rule/StepFunctionsGetEventsForBatchJobsRule"]

    assert allowed(policies("linear")["machine"]) == {
        "batch:SubmitJob": [f"{batch}job-definition/LinearFlow-*", f"{batch}job-queue/train"],
        "batch:TerminateJob": [f"{batch}job/*"],
        "batch:DescribeJobs": ["*"],
        **dict.fromkeys(["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule),
    }


def test_queues_may_be_given_by_their_arns() -> None:
    queue = "arn:aws:batch:us-east-1:123456789012:job-queue/gpu"

    may = allowed(policies("linear", aws=AwsOptions(queue))["machine"])

    assert queue in may["batch:SubmitJob"]


def test_what_steps_decide_may_be_read_by_a_machine_that_asks() -> None:
    may = allowed(policies("switch")["machine"])

    assert may["s3:GetObject"] == [
        "arn:${AWS::Partition}:s3:::bucket/flows/SwitchFlow/*/_flowc/*",
    ]
    assert "states:StartExecution" not in may


def test_distributed_maps_may_start_executions_of_their_own_machine() -> None:
    may = allowed(policies("foreach", max_workers=500)["machine"])

    assert may["states:StartExecution"] == [f"{ARN % 'states'}stateMachine:ForeachFlow"]


def test_jobs_may_use_what_is_below_their_flow() -> None:
    may = allowed(policies("linear")["jobs"])

    assert may["s3:PutObject"] == ["arn:${AWS::Partition}:s3:::bucket/flows/LinearFlow/*"]
    assert may["s3:ListBucket"] == ["arn:${AWS::Partition}:s3:::bucket"]


def test_only_what_starts_by_itself_has_a_role_for_it(tmp_path: Path) -> None:
    document = compiled(flow_of(source("@schedule(daily=True)"), tmp_path)).documents[0]
    events = document["policies"]["events"]

    assert "events" not in policies("linear")
    assert events["trust"]["Statement"][0]["Principal"] == {"Service": "scheduler.amazonaws.com"}
    (statement,) = events["policy"]["Statement"]
    assert statement["Action"] == ["states:StartExecution"]
    assert statement["Resource"] == [f"{ARN % 'states'}stateMachine:TrainFlow"]
    assert statement["Condition"] == {
        "ForAnyValue:StringEquals": {"states:StateMachineQualifier": ["live"]}
    }


def test_who_deploys_may_give_the_roles_that_are_named() -> None:
    names = ("job", "execution", "machine", "events")
    aws = AwsOptions("train", *(f"{ROLE}{name}" for name in names))
    policy = policies("linear", aws=aws)["deployer"]

    passed = {
        statement["Condition"]["StringEquals"]["iam:PassedToService"]: statement["Resource"]
        for statement in policy["Statement"]
        if statement["Action"] == ["iam:PassRole"]
    }
    assert passed == {
        "states.amazonaws.com": [f"{ROLE}machine"],
        "ecs-tasks.amazonaws.com": [f"{ROLE}job", f"{ROLE}execution"],
    }


def test_who_deploys_may_give_roles_to_the_nodes_of_a_gang() -> None:
    policy = policies("gang", aws=AwsOptions("train", f"{ROLE}job"))["deployer"]

    passed = [each for each in policy["Statement"] if each["Action"] == ["iam:PassRole"]]
    assert [each["Resource"] for each in passed] == [[f"{ROLE}job"]]


def test_who_deploys_may_tell_what_is_not_there() -> None:
    may = allowed(policies("linear")["deployer"])

    assert may["s3:ListBucket"] == ["arn:${AWS::Partition}:s3:::bucket"]
    assert may["scheduler:ListSchedules"] == ["*"]
    assert may["batch:DescribeJobQueues"] == ["*"]
    clusters = allowed(policies("linear", aws=ECS.aws)["deployer"])["ecs:DescribeClusters"]
    assert clusters == [f"{ARN % 'ecs'}cluster/*"]


def test_tasks_of_earlier_deployments_may_be_run() -> None:
    found = policies("linear", aws=ECS.aws)
    families = [f"{ARN % 'ecs'}task-definition/LinearFlow-*:*"]

    assert allowed(found["machine"])["ecs:RunTask"] == families
    assert allowed(found["deployer"])["ecs:TagResource"] == families


def test_images_may_be_fetched_from_where_they_are() -> None:
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/train:1.4"
    repository = "arn:${AWS::Partition}:ecr:eu-west-1:111122223333:repository/team/train"

    exact = allowed(policies("linear", aws=ECS.aws, image=image)["execution"])
    own = allowed(policies("linear", aws=ECS.aws, image="train:1.4")["execution"])

    assert exact["ecr:BatchGetImage"] == [repository]
    assert own["ecr:BatchGetImage"] == [f"{ARN % 'ecr'}repository/*"]
