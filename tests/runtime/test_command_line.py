"""The command line of the shim: what it takes, and what it refuses in one line."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from flowc.runtime.errors import RefusalError
from flowc.runtime.options import AUTO, parse_options

if TYPE_CHECKING:
    from runtime.conftest import Project

WORDS = ["step", "a", "--plan", "p", "--store", "s", "--run", "1", "--path", "t", "--attempt", "0"]


def test_options_come_from_the_environment_too() -> None:
    environment = {
        "FLOWC_PLAN": "p",
        "FLOWC_SOURCE": "dir",
        "FLOWC_STORE": "s",
        "FLOWC_RUN": "1",
        "FLOWC_PATH": "t.0",
        "FLOWC_ATTEMPT": "auto",
        "FLOWC_CONTROL": "out",
    }

    found = parse_options(["step", "a", "--path", "t.1", "--param=x=y=z"], environment)

    assert (found.step, found.plan, found.source, found.store) == ("a", "p", "dir", "s")
    assert (found.run, found.path, found.attempt, found.control) == ("1", "t.1", AUTO, "out")
    assert found.parameters == {"x": "y=z"}


def test_a_parameter_may_be_empty_or_unset() -> None:
    words = ["--param", "a=", "--param-if-set", "b=", "--param-if-set", "c=1"]

    assert parse_options([*WORDS, *words], {}).parameters == {"a": "", "c": "1"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "usage: python -m flowc.runtime step STEP"),
        (["run"], "usage: "),
        (["step"], "usage: "),
        (["step", "--plan", "p"], "usage: "),
        (["step", "a"], "missing --plan, --store, --run, --path"),
        ([*WORDS, "--no", "1"], "unknown argument `--no`"),
        ([*WORDS, "more"], "unknown argument `more`"),
        ([*WORDS, "--control"], "option `--control` needs a value"),
        ([*WORDS, "--attempt", "one"], "option `--attempt` needs a number, but `one` was given"),
        ([*WORDS, "--param", "x"], "option `--param` needs NAME=VALUE, but `x` was given"),
        ([*WORDS, "--run", "a/b"], "`a/b` cannot be the name of a run"),
        ([*WORDS, "--run", "_x"], "`_x` cannot be the name of a run"),
    ],
)
def test_a_wrong_command_line_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(RefusalError) as refused:
        parse_options(words, {})

    assert message in str(refused.value)


def test_a_refusal_is_one_line_and_64(project: Project) -> None:
    done = project.shim("step", "a")

    assert done.returncode == 64
    assert done.stderr.startswith("flowc: missing --plan")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "is not a plan of flowc: KeyError('version')"),
        ("[", "is not a plan of flowc: JSONDecodeError"),
        ("[]", "is not a plan of flowc: TypeError"),
        ('{"version": 2}', "the plan has version 2, but this flowc reads version 1"),
    ],
)
def test_a_wrong_plan_is_refused(project: Project, text: str, message: str) -> None:
    (project.folder / "plan.json").write_text(text)

    done = project.step("start")

    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    assert message in done.stderr


def test_a_missing_plan_is_refused(project: Project) -> None:
    done = project.step("start")

    assert done.returncode == 64
    assert done.stderr == "flowc: cannot read the plan `plan.json`: No such file or directory\n"


def test_an_unknown_step_is_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")

    done = project.step("no")

    assert (done.returncode, done.stderr) == (
        64,
        "flowc: flow `F` has no step `no`; it has start\n",
    )


def test_an_unknown_store_is_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")

    done = project.step("start", "t", "--store", "ftp://bucket/root")

    assert done.returncode == 64
    assert done.stderr.startswith("flowc: no store for `ftp://`")


def test_a_missing_flow_file_is_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")
    (project.folder / "flow.py").unlink()

    done = project.step("start")

    assert done.returncode == 64
    assert "cannot read the flow's file" in done.stderr


def test_a_missing_parent_is_waited_for_and_then_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n@step\ndef end(self): ...\n", "start", "end")

    begin = time.monotonic()
    done = project.step("end", "t", "--wait", "1")

    assert time.monotonic() - begin > 1
    assert done.returncode == 64
    assert done.stderr == "flowc: task `start` at `t` has no done record in F/1/_flowc\n"


def test_a_late_record_is_waited_for(project: Project) -> None:
    project.linear(
        "@step\ndef start(self): self.next(self.end)\n@step\ndef end(self): ...\n", "start", "end"
    )
    project.step("start")
    record = project.store / "F/1/_flowc/done/start/t.json"
    record.rename(project.folder / "hidden")
    threading.Timer(0.7, (project.folder / "hidden").rename, [record]).start()

    done = project.step("end", "t", "--wait", "20")

    assert done.returncode == 0, done.stderr


def test_a_file_url_is_a_folder(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")

    done = project.step("start", "t", "--store", f"file://{project.store}")

    assert done.returncode == 0, done.stderr
    assert json.loads((project.store / "F/1/_flowc/done/start/t.json").read_text())
