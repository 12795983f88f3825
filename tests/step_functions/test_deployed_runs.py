"""Runs of what is deployed: looked at and stopped by the commands, to their end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from step_functions.account import QUEUE
from step_functions.lab import BUCKET, FLOW, WIDE
from stored import artifacts

from flowc.deploy.engines import runs as runs_of
from flowc.deploy.runs import RunState

if TYPE_CHECKING:
    from step_functions.lab import Lab


def test_a_run_is_followed_to_its_end(lab: Lab, tmp_path: Path) -> None:
    done = lab.flowc("trigger", "flow.py", "--note", "from a file", "--wait")

    assert done.returncode == 0, done.stderr
    assert "fit: 3/3 done" in done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith("TrainFlow sfn-")
    assert " finished in " in first
    assert [line.split() for line in rest[:5]] == [
        ["step", "done", "running", "failed"],
        ["start", "1/1"],
        ["fit", "3/3"],
        ["join", "1/1"],
        ["end", "1/1"],
    ]
    run = first.split()[1]
    lab.aws.download(BUCKET, tmp_path)
    assert artifacts(tmp_path / "runs", "TrainFlow", run, ("join", "t"))["notes"] == "from a file"


def test_what_flowc_has_not_made_is_left_alone(lab: Lab) -> None:
    definition = json.dumps({"StartAt": "end", "States": {"end": {"Type": "Succeed"}}})
    made = lab.aws.machines.create_state_machine(
        name="payroll", definition=definition, roleArn=lab.aws.role
    )
    lab.aws.machines.start_execution(stateMachineArn=made["stateMachineArn"], name="pay")

    asked = (("status",), ("status", "latest"), ("stop", "pay"), ("stop", "latest"), ("trigger",))
    for command, *words in asked:
        done = lab.flowc(command, "payroll", *words)
        assert done.returncode == 2
        assert done.stderr.startswith(
            "flowc: error: the state machine `payroll` was not made by flowc"
        )
        assert done.stderr.count("\n") == 1


def test_a_failed_run_says_where_and_why(lab: Lab) -> None:
    done = lab.flowc("trigger", "TrainFlow", "--note", "x", "--worst", "2", "--wait")

    assert done.returncode == 1
    run = done.stdout.split()[1]
    found = lab.read("status", "flow.py", run)
    line = 1 + FLOW.splitlines().index("        self.ratio = 1 / (self.input - self.worst)")
    assert found["failures"] == [
        {
            "task": "fit/t.1",
            "reason": "exit code 1",
            "place": f"flow.py:{line} in fit",
            "said": "ZeroDivisionError: division by zero",
        }
    ]
    assert (found["state"], found["cause"]) == ("failed", None)
    steps = {step["step"]: step for step in found["steps"]}
    assert (steps["fit"]["total"], steps["fit"]["failed"]) == (3, 1)
    text = lab.flowc("status", "TrainFlow", "latest").stdout
    assert "fit/t.1 failed, exit code 1\n" in text
    assert f"  flow.py:{line} in fit: ZeroDivisionError: division by zero\n" in text


def test_logs_are_read_where_the_engine_keeps_them(lab: Lab) -> None:
    started = lab.flowc("trigger", "TrainFlow", "--note", "x", "--worst", "3", "--wait")
    run = started.stdout.split()[1]

    whole = lab.flowc("logs", f"TrainFlow/{run}", "--target", "step-functions")
    one = lab.flowc("logs", "flow.py/latest", "start/t", "--target", "step-functions")
    failed = lab.flowc("logs", f"TrainFlow/{run}", "--failed", "--target", "step-functions")
    by_store = lab.flowc("logs", run, "fit/t.0", "--datastore-root", f"s3://{BUCKET}/runs")

    assert one.stdout == "a note: x\n"
    assert {f"fit/t.{i} │ fit {i + 1}" for i in range(3)} < set(whole.stdout.splitlines())
    assert failed.stdout.startswith("fit 3\nTraceback (most recent call last):")
    assert failed.stdout.endswith("ZeroDivisionError: division by zero\n")
    assert by_store.stdout == "fit 1\n"
    hint = lab.flowc("status", "TrainFlow", run).stdout.splitlines()[-2].split("flowc ")[1]
    assert lab.flowc(*hint.split()).stdout == failed.stdout


def test_logs_are_those_of_the_deployment_that_the_projects_file_names(
    lab: Lab, tmp_path: Path
) -> None:
    lab.flowc("trigger", WIDE, "--note", "of wide", "--wait")
    flow = tmp_path / "flow.py"
    flow.write_text(FLOW)
    settings = tmp_path / "pyproject.toml"
    settings.write_text(f'[tool.flowc.env.prod]\nname = "{WIDE}"\n')
    words = ("logs", f"{flow}/latest", "start/t", "--target", "step-functions")

    by_option = lab.flowc(*words, "--name", WIDE)
    by_environment = lab.flowc(*words, "--env", "prod")
    settings.write_text(f'[tool.flowc.deploy]\nname = "{WIDE}"\n')
    by_file = lab.flowc(*words)
    elsewhere = lab.flowc("logs", "latest", "--datastore-root", str(tmp_path))

    assert by_option.stdout == "a note: of wide\n"
    assert by_environment.stdout == by_file.stdout == by_option.stdout
    assert f"{tmp_path} holds no runs" in elsewhere.stderr


def test_a_job_that_never_ran_a_task_has_a_log(lab: Lab) -> None:
    plan = lab.aws.image_folder / "trainflow" / "plan.json"
    text = plan.read_text()
    plan.write_text("no plan")
    try:
        done = lab.flowc("trigger", "TrainFlow", "--note", "x", "--wait")
    finally:
        plan.write_text(text)

    assert "start/t failed, exit code " in done.stdout
    run = done.stdout.split()[1]
    for place in ([], ["start"], ["start/t"], ["--failed"]):
        log = lab.flowc("logs", f"TrainFlow/{run}", *place, "--target", "step-functions")
        assert log.stdout.startswith("exit code "), place
        assert "plan.json" in log.stdout


def test_an_input_that_is_refused_is_told(lab: Lab) -> None:
    done = lab.flowc("trigger", "TrainFlow", "--wait")

    assert done.returncode == 1
    assert "flowc.MissingParameter: give a value for: note" in done.stdout


@pytest.mark.parametrize("name", ["TrainFlow", WIDE])
def test_a_stopped_run_leaves_no_job_behind(lab: Lab, name: str) -> None:
    run = lab.read("trigger", name, "--note", "x", "--pause", "60")["run"]
    lab.await_status(
        run, lambda found: [step["running"] for step in found["steps"]][1:2] == [3], name
    )

    stopped = lab.flowc("stop", name, run)
    again = lab.flowc("stop", name, run)

    assert stopped.stderr == f"flowc: {run} is stopped, and 3 jobs of it\n"
    assert again.stderr.startswith(f"flowc: {run} is over: it stopped at ")
    found = lab.await_status(run, lambda found: found["state"] != "running", name)
    assert (found["state"], found["error"]) == ("stopped", "flowc.Stopped")
    assert "with `flowc stop`" in found["cause"]
    for _ in range(100):
        jobs = lab.aws.batch.list_jobs(jobQueue=QUEUE, jobStatus="RUNNING")["jobSummaryList"]
        if not jobs:
            break
        time.sleep(0.1)
    assert jobs == []


def test_items_with_executions_of_their_own_tell_why_they_failed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lab.read("trigger", WIDE, "--note", "x", "--worst", "2")["run"]
    lab.await_status(run, lambda found: found["state"] != "running", WIDE)
    for name, value in lab.aws.environment.items():
        monkeypatch.setenv(name, value)
    runs = runs_of("step-functions", WIDE)
    # As AWS has it: a map fails with its items, and says no more than that they failed.
    threshold = "The specified tolerated failure threshold was exceeded"
    found = replace(runs.find(run), state=RunState.FAILED, cause=threshold)

    (task,) = runs.failures(found)

    assert (task.name, task.reason) == ("fit/t.1", "exit code 1")
    assert task.log
    assert "ZeroDivisionError: division by zero\n" in "".join(runs.log(task.log, tail=True))


def test_a_terminal_shows_a_table_that_goes_along(lab: Lab) -> None:
    run = lab.read("trigger", "TrainFlow", "--note", "x", "--pause", "2")["run"]

    done = lab.flowc("status", "TrainFlow", run, "--watch", FORCE_COLOR="1", TERM="xterm")

    assert done.returncode == 0, done.stderr
    assert "fit " in done.stderr
    assert "3/3" in done.stdout


def test_who_stops_following_is_told_that_the_run_goes_on(lab: Lab) -> None:
    words = ("trigger", "TrainFlow", "--note", "x", "--pause", "60", "--wait")
    with subprocess.Popen(
        [sys.executable, "-m", "flowc", *words],
        env={**os.environ, **lab.aws.environment},
        stderr=subprocess.PIPE,
        text=True,
    ) as followed:
        assert followed.stderr
        while "running" not in (line := followed.stderr.readline()):
            assert line
        followed.send_signal(signal.SIGINT)
        told = followed.stderr.read()

    assert followed.returncode == 130
    run = lab.read("status", "TrainFlow", "latest")["run"]
    assert told.endswith(f"flowc: {run} goes on; `flowc stop TrainFlow {run}` ends it\n")
    assert lab.flowc("stop", "TrainFlow", "latest").returncode == 0


def test_runs_are_seen_without_their_store(lab: Lab) -> None:
    done = lab.flowc("status", "TrainFlow", "first", "--datastore-root", "s3://other-bucket/x")

    assert done.returncode == 0
    assert done.stdout.startswith("TrainFlow sfn-first failed after ")
    assert done.stderr.startswith("flowc: how far the steps are is not known: ")
    assert len(done.stderr.splitlines()) == 1


def test_runs_are_listed_the_newest_first(lab: Lab) -> None:
    new = [lab.read("trigger", "TrainFlow", "--note", text)["run"] for text in "ab"]

    listed = lab.read("status", "TrainFlow", "--limit", "2")

    assert [run["run"] for run in listed] == new[::-1]
    table = lab.flowc("status", "flow.py").stdout.splitlines()
    assert table[0].split() == ["run", "state", "started", "duration"]
    assert table[1].startswith(new[1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trigger", "flow.py"), "--note is required"),
        (("trigger", "flow.py", "--note", "x", "--worst", "y"), "--worst takes an integer, not"),
        (("trigger", "TrainFlow", "note"), "parameters are given as `--name value`"),
        (("trigger", "flow.py", "--note", "x", "--from", "fit"), "name it with --origin"),
        (("trigger", "--worst", "2"), "FLOW is missing before `--worst`: `flowc trigger FLOW"),
        (("trigger", "OtherFlow"), "nothing is deployed as `OtherFlow` to account 123456789012"),
        (("status", "OtherFlow"), "nothing is deployed as `OtherFlow`"),
        (("status", "OtherFlow", "latest"), "nothing is deployed as `OtherFlow`"),
        (("status", "TrainFlow", "sfn-none"), "`TrainFlow` has no run `sfn-none`; the newest are"),
        (("status", "TrainFlow", "a/b:c"), "`TrainFlow` has no run `a/b:c`"),
        (("status", "TrainFlow", "--watch"), "--watch follows one run"),
        (("stop", "TrainFlow", "sfn-none"), "`TrainFlow` has no run `sfn-none`"),
        (("trigger", "flow.py", "--note", "x", "--name", "Other"), "is deployed as `Other`"),
        (("status", "flow.py", "--name", "Other"), "nothing is deployed as `Other`"),
        (("stop", "TrainFlow", "latest", "--target", "argo"), "flowc does not deploy to `argo`"),
        (("logs", "latest", "--target", "step-functions"), "name the deployment too"),
        (("logs", "TrainFlow/none", "--target", "step-functions"), "has no run `none`"),
        (("status", "TrainFlow", "--branch", "b"), "go with the flow's file"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_line(
    lab: Lab, words: tuple[str, ...], told: str
) -> None:
    done = lab.flowc(*words)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("flowc: error: ")
    assert told in line


@pytest.mark.parametrize("command", ["trigger", "status"])
def test_without_credentials_a_line_says_so(lab: Lab, command: str) -> None:
    nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    done = lab.flowc(command, "TrainFlow", **nobody)

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "credentials" in line
