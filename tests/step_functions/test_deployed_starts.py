"""Runs of what is deployed: what `flowc trigger` starts them with, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from step_functions.lab import BUCKET, FLOW, WIDE
from stored import artifacts

if TYPE_CHECKING:
    from step_functions.lab import Lab


def test_parameters_are_texts_where_no_file_tells_their_types(lab: Lab, tmp_path: Path) -> None:
    started = lab.read("trigger", "TrainFlow", "--note=007", "--worst", "-1")
    assert started["state"] == "running"
    assert started["execution"].endswith(started["run"].removeprefix("sfn-"))
    assert started["execution"] in started["link"]

    found = lab.await_status(started["run"], lambda run: run["state"] != "running")

    assert found["state"] == "finished", found
    lab.aws.download(BUCKET, tmp_path)
    end = artifacts(tmp_path / "runs", "TrainFlow", found["run"], ("join", "t"))
    assert end["notes"] == "007"


def test_a_run_may_go_on_from_another(lab: Lab) -> None:
    asked = ("--origin", "sfn-first", "--from", "fit", "--from", "join", "--worst", "-1")

    started = lab.read("trigger", "flow.py", *asked)

    found = lab.aws.machines.describe_execution(executionArn=started["execution"])
    assert json.loads(found["input"]) == {
        "parameters": {"worst": "-1"},
        "origin": "sfn-first",
        "from": "fit,join",
    }


def test_the_latest_run_is_gone_on_from(lab: Lab) -> None:
    latest = lab.read("trigger", "TrainFlow", "--note", "x")["run"]

    started = lab.read("trigger", "flow.py", "--origin", "latest")

    found = lab.aws.machines.describe_execution(executionArn=started["execution"])
    assert json.loads(found["input"])["origin"] == latest


def test_a_run_that_only_the_store_remembers_is_gone_on_from(lab: Lab) -> None:
    key = "runs/TrainFlow/1700000000/_flowc/about.json"
    lab.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")

    started = lab.read("trigger", "flow.py", "--origin", "1700000000")

    found = lab.aws.machines.describe_execution(executionArn=started["execution"])
    assert json.loads(found["input"])["origin"] == "1700000000"


def test_nothing_starts_from_a_run_that_is_not_there(lab: Lab) -> None:
    before = lab.read("status", "TrainFlow", "--limit", "100")

    done = lab.flowc("trigger", "flow.py", "--origin", "sfn-none")

    assert done.returncode == 2
    assert "`TrainFlow` has no run `sfn-none`; the newest are" in done.stderr
    assert len(lab.read("status", "TrainFlow", "--limit", "100")) == len(before)


def test_a_flow_may_have_parameters_with_names_of_options(lab: Lab, tmp_path: Path) -> None:
    flow = FLOW.replace("note = Parameter(", "who = Parameter('name')\n    note = Parameter(")
    (tmp_path / "flow.py").write_text(flow)
    (tmp_path / "pyproject.toml").write_text(f'[tool.flowc.deploy]\nname = "{WIDE}"\n')

    of_file = lab.read("trigger", str(tmp_path / "flow.py"), "--note", "x", "--name", "Bo")
    of_name = lab.read("trigger", "TrainFlow", "--name=Bo")

    for started in (of_file, of_name):
        found = lab.aws.machines.describe_execution(executionArn=started["execution"])
        assert json.loads(found["input"])["parameters"]["name"] == "Bo"
    assert (of_file["deployment"], of_name["deployment"]) == (WIDE, "TrainFlow")


def test_files_are_named_as_tasks_see_them(lab: Lab, tmp_path: Path) -> None:
    code = tmp_path / "code"
    (code / "data").mkdir(parents=True)
    words = FLOW.replace("note = Parameter", "rows = IncludeFile('rows')\n    note = Parameter")
    (code / "flow.py").write_text(words.replace("Parameter,", "IncludeFile, Parameter,"))
    for file in (code / "data" / "rows.csv", tmp_path / "rows.csv"):
        file.write_text("1,2")
    asked = ("trigger", str(code / "flow.py"), "--name", "TrainFlow", "--note", "x", "--rows")

    started = lab.read(*asked, str(code / "data" / "rows.csv"))
    outside = lab.flowc(*asked, str(tmp_path / "rows.csv"))

    found = lab.aws.machines.describe_execution(executionArn=started["execution"])
    assert json.loads(found["input"])["parameters"]["rows"] == "data/rows.csv"
    assert outside.stderr == (
        f"flowc: error: --rows: only files below {code} are packed with the flow\n"
    )


def test_no_run_starts_with_more_than_its_parameters_may_have(lab: Lab) -> None:
    before = lab.read("status", "TrainFlow", "--limit", "100")
    live = lab.aws.machines.describe_state_machine(
        stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:TrainFlow"
    )
    room = int(re.findall(r"more than (\d+) characters", live["definition"])[0])
    # Of the text around the note, its four quotation marks count twice; a split has one part more.
    most = room - len('{"note":""}') - 4 - 2

    refused = lab.flowc("trigger", "TrainFlow", "--note", "x" * (most + 1))
    marks = lab.flowc("trigger", "TrainFlow", "--note", '"' * (most // 3))

    assert (refused.returncode, marks.returncode) == (2, 2)
    assert refused.stderr == (
        f"flowc: error: the parameters have {room + 1} characters in all, as JSON with each "
        f"quotation mark and backslash counted twice, and `TrainFlow` takes {room}; let one of "
        "them name a file in the store instead\n"
    )
    assert len(lab.read("status", "TrainFlow", "--limit", "100")) == len(before)
    run = lab.read("trigger", "TrainFlow", "--note", "x" * most)["run"]
    found = lab.await_status(run, lambda found: found["state"] != "running")
    assert found["state"] == "finished", found
