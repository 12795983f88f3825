"""What the compiler makes of flows, in an account: AWS tells it as it was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from s3_server import use
from step_functions.account import QUEUE
from step_functions.deploying import ROLE, deploy, document

from flowc.deploy.resources import Key
from flowc.deploy.step_functions.deployment import connect
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.wanted import placed_machine
from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from step_functions.account import Account

    from flowc.ir.flow import Flow

ROOT = Path(__file__).parents[2]
FLOWS = ROOT / "fixtures" / "flows"
PAGE = ROOT / "docs" / "step-functions.md"


@pytest.fixture(autouse=True)
def _account(aws: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, aws.environment)


@pytest.mark.parametrize("name", ["deployment", "kubernetes", "schedule", "timeout", "train"])
def test_a_compiled_flow_is_deployed_once(name: str) -> None:
    compiled = _compiled(name)
    engine = connect(compiled)

    assert deploy(engine)[0].startswith("job definition ")
    assert deploy(connect(compiled)) == []


def test_the_flow_of_the_page_is_deployed(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text(PAGE.read_text().split("```python\n")[1].split("```")[0])
    reading = read_flow(str(file))
    assert not reading.diagnostics

    assert "state machine TrainFlow" in deploy(connect(_emitted(reading.flow)))


def test_nodes_of_a_job_are_told_of() -> None:
    wanted = document("nodes")
    container = wanted["jobDefinitions"][0].pop("containerProperties")
    ranges = [{"targetNodes": "0:", "container": container}]
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": ranges}
    wanted["jobDefinitions"][0] |= {"type": "multinode", "nodeProperties": nodes}
    deploy(connect(wanted))

    assert deploy(connect(wanted)) == []


def test_definitions_of_tasks_are_deployed(aws: Account) -> None:
    wanted = {**document("tasks"), "taskDefinitions": [_task("tasks-4567")]}

    assert "task definition tasks-4567" in deploy(connect(wanted))
    assert deploy(connect(wanted)) == []
    engine = connect({**wanted, "tags": {"flowc:flow": "Another"}})
    assert "task definition tasks-4567" in deploy(engine)
    engine.delete(Key("task definition", "tasks-4567"))
    assert deploy(engine) == ["task definition tasks-4567"]
    family = aws.client("ecs").list_task_definitions(familyPrefix="tasks-4567")
    assert len(family["taskDefinitionArns"]) == 1


def _compiled(name: str) -> dict[str, Any]:
    return _emitted(read_flow(str(FLOWS / name / "flow.py")).flow)


def _emitted(flow: Flow | None) -> dict[str, Any]:
    assert flow
    options = CompileOptions(
        image="train",
        store="s3://bucket/runs",
        aws=AwsOptions(QUEUE, machine_role=ROLE, events_role=ROLE),
    )
    manifest, diagnostics = get_target("step-functions").emit(flow, options)
    assert manifest, diagnostics
    found = dict(manifest.documents[0])
    return {**found, "stateMachine": {**found["stateMachine"], "roleArn": ROLE}}


def _task(family: str) -> dict[str, Any]:
    return {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "4096",
        "containerDefinitions": [
            {
                "name": "task",
                "image": "train",
                "command": ["python", "-m", "flowc.runtime"],
                "environment": [{"name": "WORD", "value": "hello"}],
            }
        ],
    }


def test_states_call_the_services_of_the_partition() -> None:
    compiled = _compiled("foreach")
    called = '"Resource": "arn:%s:states:::'

    there = json.dumps(placed_machine(compiled, Place("aws-cn", "cn-north-1", "123456789012")))
    here = json.dumps(placed_machine(compiled, Place("aws", "us-east-1", "123456789012")))

    assert there.count(called % "aws-cn") == here.count(called % "aws") > 1
    assert called % "aws" not in there
    assert json.loads(here) == compiled["stateMachine"]
