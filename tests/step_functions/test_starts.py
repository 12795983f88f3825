"""What starts a flow on AWS: schedules and rules, under the name that its project gives it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from step_functions.account import QUEUE
from step_functions.test_definitions import FLOWS, OPTIONS
from step_functions.written import emitted, flow_of, source
from stored import artifacts

from flowc import __version__
from flowc.cli.project import on_branch
from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from pathlib import Path

    from step_functions.account import Account

MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
ALIAS = f"{MACHINES}TrainFlow:live"
ROLES = replace(OPTIONS, aws=replace(OPTIONS.aws, events_role="arn:aws:iam::1:role/events"))


def refused(service: str, operation: str, given: Any) -> str:
    """What the model of a service has against a request."""
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    found: str = ParamValidator().validate(given, model.input_shape).generate_report()
    return found


def codes(text: str, folder: Path, options: CompileOptions = OPTIONS) -> list[str]:
    return [each.code for each in emitted(flow_of(text, folder), options)[1]]


def test_a_schedule_keeps_its_time_zone(tmp_path: Path) -> None:
    text = source('@schedule(cron="0 9 ? * 2-6 *", timezone="Europe/Berlin")')

    (schedule,) = emitted(flow_of(text, tmp_path), ROLES)[0]["schedules"]

    assert schedule == {
        "Name": "TrainFlow",
        "GroupName": "TrainFlow",
        "ScheduleExpression": "cron(0 9 ? * MON-FRI *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Target": {"Arn": ALIAS, "RoleArn": "arn:aws:iam::1:role/events", "Input": "{}"},
    }
    assert refused("scheduler", "CreateSchedule", schedule) == ""


def test_days_of_two_kinds_take_two_schedules(tmp_path: Path) -> None:
    document, found = emitted(flow_of(source('@schedule(cron="0 9 1 * MON")'), tmp_path))

    assert [each.code for each in found] == ["FC649"]
    assert {each["Name"]: each["ScheduleExpression"] for each in document["schedules"]} == {
        "TrainFlow-days": "cron(0 9 1 * ? *)",
        "TrainFlow-weekdays": "cron(0 9 ? * MON *)",
    }


def test_what_no_schedule_of_aws_can_say_is_refused(tmp_path: Path) -> None:
    needed = source("@schedule(daily=True)", '    day = Parameter("day", required=True)')

    assert codes(source('@schedule(cron="0 9 1,L * ? *")'), tmp_path) == ["FC644"]
    assert codes(needed, tmp_path) == ["FC646"]


def test_an_event_starts_a_flow(tmp_path: Path) -> None:
    aws = replace(ROLES.aws, event_bus="prices")
    flow = flow_of(source('@trigger(event="new.prices")'), tmp_path)

    (rule,) = emitted(flow, replace(ROLES, aws=aws))[0]["rules"]

    assert rule == {
        "Name": "TrainFlow-on-new.prices",
        "EventBusName": "prices",
        "EventPattern": {"detail-type": ["new.prices"]},
        "Description": "starts TrainFlow on new.prices",
        "Targets": [{"Id": "flow", "Arn": ALIAS, "RoleArn": "arn:aws:iam::1:role/events"}],
    }
    assert refused("events", "PutRule", {**rule, "EventPattern": "{}", "Targets": None}) == (
        'Unknown parameter in input: "Targets", must be one of: Name, ScheduleExpression, '
        "EventPattern, State, Description, RoleArn, Tags, EventBusName"
    )
    assert refused("events", "PutTargets", {"Rule": "r", "Targets": rule["Targets"]}) == ""


def test_another_flow_starts_a_flow_of_the_same_branch(tmp_path: Path) -> None:
    text = source('@project(name="ml")\n@trigger_on_finish(flow="OtherFlow")')
    flow = on_branch(flow_of(text, tmp_path), "fast", production=False)

    document, _ = emitted(flow)

    assert document["stateMachine"]["name"] == "ml.test.fast.TrainFlow"
    (rule,) = document["rules"]
    assert rule["EventPattern"]["detail"] == {
        "status": ["SUCCEEDED"],
        "stateMachineArn": [f"{MACHINES}ml.test.fast.OtherFlow"],
        "output": [{"anything-but": {"wildcard": "*flowc.waits*"}}],
    }
    assert document["tags"]["flowc:project"] == "ml"
    assert document["tags"]["flowc:branch"] == "test.fast"


def test_names_of_users_become_names_of_machines(tmp_path: Path) -> None:
    flow = flow_of(source('@project(name="ml")'), tmp_path)
    assert flow.project
    flow = replace(flow, project=replace(flow.project, user="jo söder@home"))

    assert emitted(flow)[0]["stateMachine"]["name"] == "ml.user.josderhome.TrainFlow"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (replace(OPTIONS, name="train (new)"), "FC647"),
        (replace(OPTIONS, name="n" * 81), "FC647"),
        (replace(OPTIONS, tags={"aws:team": "ml"}), "FC648"),
        (replace(OPTIONS, tags={"team": "m" * 257}), "FC648"),
        (replace(OPTIONS, tags={"team": "a?"}), "FC648"),
        (replace(OPTIONS, tags={f"team{number}": "" for number in range(46)}), "FC648"),
    ],
)
def test_names_and_tags_are_those_that_aws_takes(
    options: CompileOptions, code: str, tmp_path: Path
) -> None:
    assert codes(source(), tmp_path, options) == [code]


def test_an_event_fills_parameters(aws: Account, tmp_path: Path) -> None:
    event = '{"name": "prices", "parameters": {"alpha": "size", "beta": "rest"}}'
    members = '    alpha = Parameter("alpha", default=1)\n    beta = Parameter("beta", default="b")'
    steps = """
    @step
    def start(self):
        self.found = [self.alpha, self.beta]
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    # With hooks, the flow is a machine within the machine.
    decorators = f"@trigger(event={event})\n@exit_hook(on_success=[page])"
    page = "def page():\n    pass\n"
    flow = flow_of(source(decorators, members, steps, page), tmp_path)
    aws.s3.create_bucket(Bucket="events")
    options = CompileOptions(
        image=aws.image(flow, tmp_path), store="s3://events", aws=AwsOptions(QUEUE)
    )
    manifest, found = get_target("step-functions").emit(flow, options)
    assert manifest, found
    happened = {"detail-type": "prices", "source": "shop", "detail": {"size": 7, "more": 1}}

    executed = aws.execute(manifest, "event", whole=happened)

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download("events", tmp_path / "aws")
    found_there = artifacts(tmp_path / "aws", "TrainFlow", "sfn-event", ("end", "t"))
    assert found_there["found"] == [7, "b"]


def compiled_by_command(*words: str) -> subprocess.CompletedProcess[str]:
    flow = str(FLOWS / "linear" / "flow.py")
    given = ["--image", "i", "--job-queue", "q", "--datastore-root", "s3://b", *words]
    return subprocess.run(
        [sys.executable, "-m", "flowc", "compile", flow, "--target", "step-functions", *given],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_names_and_tags_a_deployment() -> None:
    done = compiled_by_command("--name", "nightly", "--tag", "team=ml", "--tag", "cost=a=b")

    document = json.loads(done.stdout)
    assert document["stateMachine"]["name"] == "nightly"
    assert document["tags"] == {
        "flowc:flow": "LinearFlow",
        "flowc:deployment": "nightly",
        "flowc:version": __version__,
        "team": "ml",
        "cost": "a=b",
    }


def test_a_tag_is_a_pair() -> None:
    done = compiled_by_command("--tag", "team")

    assert done.returncode == 2
    assert done.stderr == "flowc: error: --tag team: write KEY=VALUE\n"
