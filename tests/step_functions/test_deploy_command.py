"""The commands that deploy, against the account: what users do in the life of a flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import CommandLine
from s3_server import use
from step_functions.account import QUEUE

if TYPE_CHECKING:
    from command_line import Ended
    from step_functions.account import Account

FLOW = """
from flowc import FlowSpec, schedule, step, trigger

@trigger(event="sunrise")
@schedule(daily=True)
class NAME(FlowSpec):
    @step
    def start(self):
        self.x = 1
        self.next(self.end)

    @step
    def end(self):
        pass
"""


class Deployer:
    """Deploys one flow, of a name of its own."""

    def __init__(self, run: CommandLine, aws: Account, name: str) -> None:
        self.run = run
        self.aws = aws
        self.name = name
        self.write(FLOW)

    def write(self, text: str) -> None:
        Path("flow.py").write_text(text.replace("NAME", self.name))

    def deploy(self, *words: str) -> dict[str, str]:
        """Deploy without being asked; the action of each resource."""
        done = self.run("deploy", "flow.py", "--yes", "--output", "json", *words)
        assert done.code == 0, done.stderr
        return actions(done)

    @property
    def arn(self) -> str:
        return f"arn:aws:states:us-east-1:123456789012:stateMachine:{self.name}"

    @property
    def live(self) -> str:
        """The version that the alias leads to."""
        alias = self.aws.machines.describe_state_machine_alias(
            stateMachineAliasArn=f"{self.arn}:live"
        )
        (route,) = alias["routingConfiguration"]
        return str(route["stateMachineVersionArn"]).rpartition(":")[2]


def actions(done: Ended) -> dict[str, str]:
    return {entry["kind"]: entry["action"] for entry in json.loads(done.stdout)["resources"]}


@pytest.fixture
def deployer(
    aws: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> Deployer:
    monkeypatch.chdir(tmp_path)
    use(monkeypatch, aws.environment)
    aws.s3.create_bucket(Bucket="deployed")
    Path("pyproject.toml").write_text(f"""
[tool.flowc.deploy]
image = "train"
datastore-root = "s3://deployed/runs"
job-queue = "{QUEUE}"
machine-role = "{aws.role}"
events-role = "{aws.role}"
""")
    name = "".join(word.title() for word in request.node.name.split("_")[1:])
    return Deployer(CommandLine(monkeypatch, capsys), aws, name[:60])


ALL = ("job definition", "state machine", "schedule group", "schedule", "rule")


def test_deployed_changed_rolled_back_and_deployed_again(deployer: Deployer) -> None:
    assert deployer.deploy() == dict.fromkeys(ALL, "create")
    assert deployer.deploy() == dict.fromkeys(ALL, "unchanged")
    assert deployer.live == "1"

    deployer.write(FLOW.replace("self.x = 1", "self.x = 1\n        self.y = 2"))
    assert deployer.deploy()["state machine"] == "update"
    assert deployer.live == "2"

    assert deployer.run("rollback", "flow.py").code == 0
    assert deployer.live == "1"
    again = deployer.deploy()
    assert [kind for kind, action in again.items() if action == "update"] == ["state machine"]
    assert deployer.live == "2"


def test_a_version_whose_definitions_were_pruned_is_refused(deployer: Deployer) -> None:
    deployer.deploy()
    deployer.write(FLOW.replace("self.x = 1", "self.x = 1\n        self.y = 2"))
    gone = json.loads(
        deployer.run("deploy", "flow.py", "--yes", "--prune", "--output", "json").stdout
    )["resources"]
    (job,) = (each["name"] for each in gone if each["action"] == "delete")

    done = deployer.run("rollback", "flow.py")

    assert (done.code, deployer.live) == (2, "2")
    assert f"version 1 of {deployer.name} cannot run" in done.stderr
    assert f"(job definition {job})" in done.stderr
    assert set(deployer.deploy().values()) == {"unchanged"}


def test_schedules_follow_the_source_and_operators(deployer: Deployer) -> None:
    scheduler = deployer.aws.client("scheduler")
    deployer.deploy()
    schedule = {"GroupName": deployer.name, "Name": deployer.name}
    found = scheduler.get_schedule(**schedule)
    kept = ("Target", "ScheduleExpression", "FlexibleTimeWindow")
    scheduler.update_schedule(
        **schedule, **{field: found[field] for field in kept}, State="DISABLED"
    )

    deployer.write(FLOW.replace("daily", "hourly"))
    assert deployer.deploy()["schedule"] == "update"
    found = scheduler.get_schedule(**schedule)
    assert (found["ScheduleExpression"], found["State"]) == ("cron(0 * * * ? *)", "DISABLED")

    deployer.write(
        FLOW.replace("@schedule(daily=True)", "").replace('@trigger(event="sunrise")', "")
    )
    gone = deployer.deploy()
    assert {kind for kind, action in gone.items() if action == "delete"} == set(ALL[2:])
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(**schedule)
    # Running executions may need the definition of before.
    assert set(deployer.deploy().values()) <= {"unchanged", "keep"}


def test_a_schedule_does_not_go_on_as_its_record_is_elsewhere(deployer: Deployer) -> None:
    deployer.deploy()
    deployer.write(FLOW.replace("@schedule(daily=True)", ""))

    moved = ("deploy", "flow.py", "--yes", "--datastore-root", "s3://deployed/others")
    refused = deployer.run(*moved)

    assert refused.code == 2
    assert "deployed with the store s3://deployed/runs, which has its record" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert deployer.deploy()["schedule"] == "delete"
    assert deployer.run(*moved, "--force").code == 0
    assert deployer.run(*moved).stdout.endswith("nothing to do: all is as wanted\n")


def test_what_somebody_has_changed_is_refused(deployer: Deployer) -> None:
    deployer.deploy()
    deployer.aws.machines.update_state_machine(
        stateMachineArn=deployer.arn, roleArn=f"{deployer.aws.role}-of-mine"
    )

    refused = deployer.run("deploy", "flow.py", "--yes", "--output", "json")
    assert (refused.code, json.loads(refused.stdout)["status"]) == (1, "refused")
    assert f"state machine {deployer.name} was changed by somebody" in refused.stderr

    assert deployer.deploy("--force")["state machine"] == "update"
    found = deployer.aws.machines.describe_state_machine(stateMachineArn=deployer.arn)
    assert found["roleArn"] == deployer.aws.role


def test_what_is_not_ours_is_refused(deployer: Deployer) -> None:
    other = {"StartAt": "end", "States": {"end": {"Type": "Succeed"}}}
    deployer.aws.machines.create_state_machine(
        name=deployer.name, definition=json.dumps(other), roleArn=deployer.aws.role
    )

    refused = deployer.run("deploy", "flow.py", "--yes")
    assert refused.code == 1
    assert f"state machine {deployer.name} is there and was not made by flowc" in refused.stderr

    assert deployer.deploy("--adopt")["state machine"] == "update"
    assert set(deployer.deploy().values()) == {"unchanged"}


def test_deployments_of_a_flow_share_definitions(deployer: Deployer) -> None:
    deployer.deploy("--no-package")

    shared = deployer.deploy("--no-package", "--name", f"{deployer.name}-nightly")

    assert shared == {**dict.fromkeys(ALL, "create"), "job definition": "unchanged"}


def test_runs_are_those_of_the_deployment_that_the_projects_file_names(deployer: Deployer) -> None:
    settings = Path("pyproject.toml")
    settings.write_text(f'{settings.read_text()}name = "{deployer.name}-nightly"\n')
    deployer.deploy()

    by_file = deployer.run("status", "flow.py")
    by_name = deployer.run("status", deployer.name)

    assert f"`{deployer.name}-nightly` has not run yet" in by_file.stderr
    assert f"nothing is deployed as `{deployer.name}`" in by_name.stderr


def test_a_queue_that_is_not_there_is_told_before_anything_is_made(deployer: Deployer) -> None:
    done = deployer.run("deploy", "flow.py", "--yes", "--job-queue", "nowhere")

    assert done.code == 1
    assert "flowc: there is no job queue `nowhere` in account 123456789012" in done.stderr
    assert "has no version of" in deployer.run("versions", "flow.py").stderr


def test_a_file_that_has_changed_since_the_deploy_is_refused(deployer: Deployer) -> None:
    parameter = "rows = IncludeFile('rows')\n    @step\n    def start"
    included = FLOW.replace("@step\n    def start", parameter, 1)
    deployer.write(included.replace("schedule, step", "IncludeFile, schedule, step"))
    Path("data").mkdir()
    for name in ("rows", "old"):
        Path("data", f"{name}.csv").write_text("1,2")
    deployer.deploy()
    Path("data", "new.csv").write_text("1,2")
    Path("data", "old.csv").write_text("1,3")

    same = deployer.run("trigger", "flow.py", "--rows", "data/rows.csv")
    changed = deployer.run("trigger", "flow.py", "--rows", "data/old.csv")
    new = deployer.run("trigger", "flow.py", "--rows", "data/new.csv")

    assert (same.code, changed.code, new.code) == (0, 2, 2)
    assert changed.stderr == (
        "flowc: error: --rows: data/old.csv has changed since the flow was deployed, and tasks "
        "would read it as it was then; deploy again\n"
    )
    assert new.stderr == (
        "flowc: error: --rows: data/new.csv is not in what is deployed; deploy again\n"
    )
    assert len(json.loads(deployer.run("status", "flow.py", "--output", "json").stdout)) == 1


def test_denied_credentials_are_told_in_a_line(
    deployer: Deployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)

    done = deployer.run("deploy", "flow.py", "--yes")

    assert done.code == 2
    assert done.stderr.startswith("flowc: error: there are no credentials for AWS")
    assert done.stderr.count("\n") == 1


def test_the_policies_name_the_account(deployer: Deployer) -> None:
    done = deployer.run("iam", "flow.py")

    assert done.code == 0, done.stderr
    policies = json.loads(done.stdout)
    assert {"machine", "events", "jobs"} <= policies.keys()
    assert "${AWS::" not in done.stdout
    assert f'"{deployer.arn}"' in done.stdout
