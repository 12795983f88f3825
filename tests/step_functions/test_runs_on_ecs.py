"""Runs whose tasks are those of ECS: their store, why they failed, and what stopping them ends."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber

from flowc.deploy.engines import runs as runs_of
from flowc.deploy.runs import LogPlace, Request, Runs, RunState
from flowc.deploy.step_functions.jobs import Jobs
from flowc.deploy.step_functions.session import Session

if TYPE_CHECKING:
    from step_functions.account import Account

LOGS = {"awslogs-group": "/flowc/TrainFlow", "awslogs-stream-prefix": "flowc"}
# As Step Functions hands on what ECS says of a task; much is left out.
TASK = {
    "TaskArn": "arn:aws:ecs:us-east-1:123456789012:task/train/0123abc",
    "TaskDefinitionArn": "TrainFlow-ecs",
    "StoppedReason": "Essential container in task exited",
    "Containers": [{"Name": "flowc", "ExitCode": 137, "Reason": "OutOfMemoryError: killed"}],
    "Overrides": {
        "ContainerOverrides": [
            {"Name": "flowc", "Command": ["step", "fit", "--run", "sfn-x", "--path", "t.3"]}
        ]
    },
}


@pytest.fixture(scope="module")
def machine(aws: Account) -> str:
    """The name of what is deployed: a state machine that runs a task of ECS."""
    ecs = aws.client("ecs")
    container = {
        "name": "flowc",
        "image": "train",
        "environment": [{"name": "FLOWC_STORE", "value": "s3://bucket/runs"}],
        "logConfiguration": {"logDriver": "awslogs", "options": LOGS},
    }
    ecs.register_task_definition(
        family="TrainFlow-ecs",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="2048",
        containerDefinitions=[container],
    )
    name = "project.prod.TrainFlow"
    made = aws.machines.create_state_machine(
        name=name,
        definition=json.dumps({"QueryLanguage": "JSONata", "StartAt": "fit", "States": _states()}),
        roleArn=aws.role,
        publish=True,
        tags=[{"key": "flowc:deployment", "value": name}],
    )
    route = {"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}
    aws.machines.create_state_machine_alias(name="live", routingConfiguration=[route])
    return name


def _states() -> dict[str, Any]:
    arguments = {"Cluster": "train", "TaskDefinition": "TrainFlow-ecs"}
    resource = "arn:aws:states:::ecs:runTask.sync"
    return {"fit": {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}}


@pytest.fixture
def runs(aws: Account, machine: str, monkeypatch: pytest.MonkeyPatch) -> Runs:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return runs_of("step-functions", machine)


def test_flow_and_store_are_those_of_the_tasks(runs: Runs) -> None:
    assert (runs.flow, runs.store) == ("TrainFlow", "s3://bucket/runs")


def test_a_task_that_failed_is_told(runs: Runs) -> None:
    run = replace(runs.start(Request()), state=RunState.FAILED, cause=json.dumps(TASK))

    (task,) = runs.failures(run)

    assert (task.name, task.reason) == ("fit/t.3", "exit code 137: OutOfMemoryError: killed")
    assert task.log == LogPlace("/flowc/TrainFlow", "flowc/flowc/0123abc")


def test_tasks_that_go_on_are_ended_with_their_run(runs: Runs) -> None:
    session = Session()
    ecs, machines = Stubber(session.client("ecs")), Stubber(session.client("stepfunctions"))
    history = [_submitted("1"), _submitted("2"), _submitted("3"), _succeeded("2")]
    machines.add_response("list_map_runs", {"mapRuns": []})
    machines.add_response("get_execution_history", {"events": history})
    for number, state in (("1", "RUNNING"), ("3", "STOPPED")):
        asked = {"cluster": "train", "tasks": [_arn(number)]}
        found = {"tasks": [{"taskArn": _arn(number), "lastStatus": state}]}
        ecs.add_response("describe_tasks", found, asked)
        if state == "RUNNING":
            ended = {"cluster": "train", "task": _arn(number), "reason": "enough"}
            ecs.add_response("stop_task", {}, ended)

    with ecs, machines:
        assert Jobs(session, runs.start(Request()).execution).end("enough") == 1

    ecs.assert_no_pending_responses()


def _arn(number: str) -> str:
    return f"arn:aws:ecs:us-east-1:123456789012:task/train/{number}"


def _submitted(number: str) -> dict[str, Any]:
    output = {"Tasks": [{"TaskArn": _arn(number), "ClusterArn": "train"}], "Failures": []}
    return _event("taskSubmittedEventDetails", "TaskSubmitted", output)


def _succeeded(number: str) -> dict[str, Any]:
    return _event("taskSucceededEventDetails", "TaskSucceeded", {"TaskArn": _arn(number)})


def _event(field: str, kind: str, output: dict[str, Any]) -> dict[str, Any]:
    details = {"resourceType": "ecs", "resource": "runTask.sync", "output": json.dumps(output)}
    return {"timestamp": 0, "type": kind, "id": 1, field: details}
