"""Templates of CloudFormation: valid, whole in themselves, and made of the same documents."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint import ManualArgs, lint
from step_functions.test_compute import ECS
from step_functions.test_definitions import FLOWS, NAMES, OPTIONS, compiled, read
from step_functions.test_problems import with_step
from step_functions.written import flow_of, source

from flowc.cli.parts import write_parts
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.wanted import wanted
from flowc.ir.batch_job import BatchJob
from flowc.targets.step_functions.cloudformation import template
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.ir.flow import Flow

TEMPLATE = replace(OPTIONS, format="cloudformation", aws=AwsOptions("train"))
ROLE = "arn:aws:iam::123456789012:role/named"
MACHINE = "StepFunctions::StateMachine"
ALL = """
@schedule(cron="0 9 1 * MON", timezone="Europe/Berlin")
@trigger(event={"name": "prices", "parameters": {"day": "date"}})
@trigger_on_finish(flow="OtherFlow")
@exit_hook(on_error=[page])
"""
PAGE = "def page():\n    pass\n"
PARAMETER = '    day = Parameter("day", default="today")'
STEPS = """
    @secrets(sources=["aws-secrets-manager.db", "aws-secrets-manager.arn:aws:secretsmanager:a"])
    @environment(vars={"WORD": "${AWS::Region} ${HOME}"})
    @step
    def start(self):
        self.next(self.end)

    @batch(efs_volumes=["fs-12345678:/in"], log_driver="awslogs", log_options=["awslogs-group:g"],
        aws_batch_tags={"team": "ml"}, shared_memory=64, host_volumes=["/models"])
    @step
    def end(self):
        pass
"""


def template_of(flow: Flow, options: CompileOptions = TEMPLATE) -> dict[str, Any]:
    found: dict[str, Any] = compiled(flow, options).documents[0]
    return found


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = template["Resources"].values()
    return [each["Properties"] for each in found if each["Type"] == f"AWS::{kind}"]


def there(machine: dict[str, Any], partition: str = "aws") -> str:
    """The definition of a state machine, as a stack in a partition has it."""
    (text,) = machine["DefinitionString"].values()
    return str(text).replace("${AWS::Partition}", partition).replace("${!", "${")


def errors(template: dict[str, Any]) -> list[str]:
    found = lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))
    return [f"{match.rule.id} {match.message} at {match.path}" for match in found]


def flowc(*words: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flowc", *words]
    return subprocess.run(command, capture_output=True, text=True, check=check)


def whole(folder: Path) -> Flow:
    return flow_of(source(ALL, PARAMETER, STEPS, PAGE), folder)


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_has_nothing_against_fixtures(name: str) -> None:
    assert errors(template_of(read(name))) == []


def test_parts_go_to_a_folder(tmp_path: Path) -> None:
    flow = str(FLOWS / "deployment" / "flow.py")
    words = ["--target", "step-functions", "--image", "i", "--job-queue", "q"]
    words += ["--datastore-root", "s3://b", "-o", f"{tmp_path}/parts/"]

    flowc("compile", flow, *words, check=True)

    parts = [str(file.relative_to(tmp_path / "parts")) for file in tmp_path.rglob("*.json")]
    assert {part for part in parts if not part.startswith(("job-definitions/", "rules/"))} == {
        *("definition.asl.json", "flowc.json", "state-machine.json", "tags.json"),
        "schedules/greetings.test.morning.DeploymentFlow.json",
        "schedules/greetings.test.morning.DeploymentFlow-reset-0.json",
        *(f"policies/{role}.json" for role in ("machine", "jobs", "events", "deployer")),
        *(f"policies/{role}-trust.json" for role in ("machine", "jobs", "events")),
    }


def test_a_folder_keeps_nothing_of_an_earlier_compile_and_all_else(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    words = ["--target", "step-functions", "--image", "i", "--job-queue", "q"]
    words += ["--datastore-root", "s3://b", "-o", f"{folder}/"]
    flowc("compile", str(FLOWS / "deployment" / "flow.py"), *words, check=True)
    (folder / "schedules" / "own.json").write_text("{}")

    flowc("compile", str(FLOWS / "linear" / "flow.py"), *words, check=True)

    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    listed = json.loads((folder / "flowc.json").read_text())["files"]
    assert found == {*listed, "flowc.json", "schedules/own.json"}
    assert not [name for name in listed if name.startswith(("schedules/", "rules/"))]


def parts(state: str) -> dict[str, Any]:
    return {
        "definition.asl.json": {"job": state},
        "state-machine.json": {"state": state},
        f"job-definitions/{state}.json": {"state": state},
        f"schedules/{state}.json": {"state": state},
    }


@pytest.mark.parametrize("at", [None, *parts("new")])
def test_a_folder_that_was_cut_off_can_be_used_and_is_completed(
    at: str | None, tmp_path: Path
) -> None:
    write_parts(tmp_path, parts("old"))
    if at:
        with pytest.raises(TypeError):
            write_parts(tmp_path, {**parts("new"), at: object()})

    definition = json.loads((tmp_path / "definition.asl.json").read_text())
    assert (tmp_path / "job-definitions" / f"{definition['job']}.json").exists()
    write_parts(tmp_path, parts("new"))
    found = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.json")]
    assert set(found) == {"flowc.json", *parts("new")}


@pytest.mark.parametrize("index", ['{"files": ["../own.json"]}', '{"files": [1]}', "[]", "x"])
def test_an_index_of_somebody_else_deletes_nothing(index: str, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (tmp_path / "own.json").write_text("{}")
    (folder / "flowc.json").write_text(index)
    words = ["--target", "step-functions", "--image", "i", "--job-queue", "q"]
    flow = str(FLOWS / "linear" / "flow.py")

    told = flowc("compile", flow, *words, "--datastore-root", "s3://b", "-o", f"{folder}/")

    assert told.returncode == 2
    assert "does not name what flowc has written" in told.stderr
    assert [file.name for file in tmp_path.rglob("*.json")] == ["own.json", "flowc.json"]


def test_what_is_one_file_goes_to_no_folder(tmp_path: Path) -> None:
    flow = str(FLOWS / "linear" / "flow.py")

    told = flowc("compile", flow, "--target", "ir", "-o", f"{tmp_path}/out/")

    assert told.returncode == 2
    assert "what `ir` takes is one file" in told.stderr
    assert not list(tmp_path.iterdir())


def test_formats_are_those_of_the_target() -> None:
    words = ["compile", str(FLOWS / "linear" / "flow.py"), "--format", "cloudformation"]

    told = flowc(*words)

    assert told.returncode == 2
    assert told.stderr == (
        "flowc: error: there is no format `cloudformation` of `argo`; it has `yaml`\n"
    )


@pytest.mark.parametrize("aws", [AwsOptions("train"), AwsOptions("train", *[ROLE] * 4)])
def test_cfn_lint_has_nothing_against_all_that_stands_around(
    aws: AwsOptions, tmp_path: Path
) -> None:
    template = template_of(whole(tmp_path), replace(TEMPLATE, aws=aws, tags={"team": "ml"}))

    assert errors(template) == []
    roles = [] if aws.job_role else ["EventsRole", "JobRole", "MachineRole"]
    assert sorted(name for name in template["Resources"] if name.endswith("Role")) == roles


def test_a_template_starts_what_it_makes(tmp_path: Path) -> None:
    template = template_of(whole(tmp_path))

    alias = (
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:TrainFlow:live"
    )
    targets = [each["Target"] for each in of_type(template, "Scheduler::Schedule")]
    targets += [target for rule in of_type(template, "Events::Rule") for target in rule["Targets"]]
    assert [each["Arn"] for each in targets] == [{"Fn::Sub": alias}] * 4
    assert {json.dumps(each["RoleArn"]) for each in targets} == {
        '{"Fn::GetAtt": ["EventsRole", "Arn"]}'
    }


def test_a_template_asks_for_what_nobody_has_named(tmp_path: Path) -> None:
    template = template_of(whole(tmp_path), replace(TEMPLATE, image="", aws=AwsOptions()))

    assert list(template["Parameters"]) == ["Image", "JobQueue"]
    assert {
        json.dumps(job["ContainerProperties"]["Image"])
        for job in of_type(template, "Batch::JobDefinition")
    } == {'{"Ref": "Image"}'}
    assert errors(template) == []
    assert "Parameters" not in template_of(whole(tmp_path))


def test_tasks_of_ecs_are_resources_too() -> None:
    document = compiled(read("linear"), OPTIONS).documents[0]
    container = {
        "name": "step",
        "image": "image:1",
        "essential": True,
        "environment": [{"name": "WORD", "value": "hello"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "flows"}},
    }
    task = {
        "family": "LinearFlow-0123",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "4096",
        "tags": [{"key": "team", "value": "ml"}],
        "containerDefinitions": [container],
    }
    policies = {**document["policies"], "execution": document["policies"]["jobs"]}
    found = template({**document, "taskDefinitions": [task], "policies": policies})

    assert errors(found) == []
    (resource,) = of_type(found, "ECS::TaskDefinition")
    assert resource["TaskRoleArn"] == {"Fn::GetAtt": ["JobRole", "Arn"]}
    logs = resource["ContainerDefinitions"][0]["LogConfiguration"]["Options"]
    assert logs == {"awslogs-group": "flows", "awslogs-region": {"Ref": "AWS::Region"}}


def test_cfn_lint_has_nothing_against_steps_on_ecs(tmp_path: Path) -> None:
    steps = STEPS.replace('shared_memory=64, host_volumes=["/models"]', "")
    flow = flow_of(source(ALL, PARAMETER, steps, PAGE), tmp_path)

    found = template_of(flow, replace(ECS, format="cloudformation"))

    assert errors(found) == []
    assert len(of_type(found, "ECS::TaskDefinition")) > 1
    assert of_type(found, "Batch::JobDefinition") == []


@pytest.mark.parametrize("options", [OPTIONS, ECS])
def test_the_tag_of_a_step_wins(options: CompileOptions) -> None:
    flow = with_step(batch=BatchJob(aws_batch_tags={"team": "own"}))
    options = replace(options, tags={"team": "all"})
    place = Place("aws", "us-east-1", "123456789012")

    found = template_of(flow, replace(options, format="cloudformation"))
    document = compiled(flow, options).documents[0]

    assert errors(found) == []
    (of_batch, of_ecs) = (
        [each["Tags"] for each in of_type(found, kind)]
        for kind in ("Batch::JobDefinition", "ECS::TaskDefinition")
    )
    tags = [*of_batch, *({tag["Key"]: tag["Value"] for tag in each} for each in of_ecs)]
    assert tags[0]["team"] == "own"
    (resource, *_) = wanted(document, place)
    assert resource.body["tags"]["team"] == "own"
    assert resource.body["tags"]["flowc:deployment"] == "OneFlow"


def test_texts_of_users_stay_as_they_are(tmp_path: Path) -> None:
    template = template_of(whole(tmp_path))

    jobs = of_type(template, "Batch::JobDefinition")
    words = [each for job in jobs for each in job["ContainerProperties"]["Environment"]]
    value = {"Fn::Join": ["${", ["", "AWS::Region} ", "HOME}"]]}
    assert {"Name": "WORD", "Value": value} in words


def test_the_definition_is_the_one_that_is_deployed(tmp_path: Path) -> None:
    flow = whole(tmp_path)

    (machine,) = of_type(template_of(flow), MACHINE)

    document = compiled(flow, replace(TEMPLATE, format="")).documents[0]
    definition = document["stateMachine"]["definition"]
    assert json.loads(there(machine)) == definition
    assert json.loads(there(machine, "aws-cn")) == Place("aws-cn", "", "").served(definition)


def test_texts_in_a_definition_stay_as_they_are() -> None:
    document = compiled(read("linear"), OPTIONS).documents[0]
    definition = {
        "Comment": "of ${AWS::Partition} ${Image} arn:aws:states:::",
        "States": {"start": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask"}},
    }
    machine = {**document["stateMachine"], "definition": definition}

    (found,) = of_type(template({**document, "stateMachine": machine}), MACHINE)

    assert json.loads(there(found)) == definition
    resource = json.loads(there(found, "aws-us-gov"))["States"]["start"]["Resource"]
    assert resource == "arn:aws-us-gov:states:::ecs:runTask"


def test_a_policy_names_the_secrets_of_the_steps(tmp_path: Path) -> None:
    policy = compiled(whole(tmp_path), OPTIONS).documents[0]["policies"]["jobs"]["policy"]

    assert policy["Statement"][-1] == {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [
            "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:db-*",
            "arn:aws:secretsmanager:a*",
        ],
    }
