"""What a task costs before the user's code runs, and where it runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pythons import OTHERS, python_of
from runtime.conftest import ROOT

import flowc

if TYPE_CHECKING:
    from runtime.conftest import Project

# Each of these costs about as much as the rest of the start-up.
SLOW = {"argparse", "dataclasses", "inspect", "logging", "pathlib", "subprocess", "tempfile"}


def imported(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", statement],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"(?m)\| +(\S+)$", done.stderr))


def test_a_task_imports_the_standard_library_only() -> None:
    names = imported("import flowc.runtime.shim")

    # The heading of the table, and what pickle looks for on Java.
    top = {name.partition(".")[0] for name in names} - {"package", "org"}
    assert top - set(sys.stdlib_module_names) == {"flowc"}
    assert {name for name in names if name.startswith("flowc.")} >= {"flowc.runtime.task"}
    assert not {name for name in names if re.match(r"flowc\.(?!runtime)", name)}


def test_a_task_imports_nothing_slow() -> None:
    assert not imported("import flowc.runtime.shim") & {*SLOW, "typing", "traceback", "datetime"}


def test_a_small_artifact_imports_nothing_slow(tmp_path: Path) -> None:
    names = imported(
        "import flowc.runtime.shim;"
        "from flowc.runtime.artifacts import Artifacts;"
        "from flowc.runtime.store import open_store;"
        f"a = Artifacts(open_store({str(tmp_path)!r}), 'F');"
        "a.load('x', a.save('x', [1]))"
    )

    assert not names & {*SLOW, "hashlib", "gzip", "boto3", "flowc.runtime.large"}


def test_importing_flowc_imports_nothing() -> None:
    assert imported("import flowc") - imported("pass") == {"__future__", "flowc"}


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert flowc.__version__ == project["project"]["version"]


@pytest.mark.parametrize("version", OTHERS)
def test_tasks_run_on_other_versions_of_python(project: Project, version: str) -> None:
    found = python_of(version)
    if not found:
        pytest.skip(f"no Python {version} on this machine")
    project.python = found
    project.linear(
        """
        p = Parameter("p", default=1.5)

        @retry(times=2)
        @step
        def start(self):
            self.flag = "go"
            self.next({"go": self.end, "no": self.end}, condition="flag")

        @step
        def end(self):
            self.seen = (self.p, current.pathspec, Flow("F").latest_run.id)
            raise KeyError("x")
        """,
        "start",
        "end",
        header="from metaflow import *",
        kind="switch",
        artifact="flag",
    )
    plan = (project.folder / "plan.json").read_text()
    end = '"end": {"kind": "end"'
    caught = plan.replace(end, f'{end}, "catch": {{"artifact": "failure"}}, "timeout": 9')
    (project.folder / "plan.json").write_text(caught)

    project.run()

    assert project.artifact("seen", "end") == (1.5, "F/1/end/t", "1")
    assert project.artifact("failure", "end").type == "builtins.KeyError"


def test_a_task_starts_fast(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")

    bare = min(_seconds([sys.executable, "-c", "pass"]) for _ in range(5))
    words = [
        "step",
        "start",
        "--plan",
        "plan.json",
        "--store",
        "store",
        "--run",
        "1",
        "--path",
        "t",
    ]
    monkeypatch.chdir(project.folder)
    task = min(_seconds([sys.executable, "-m", "flowc.runtime", *words]) for _ in range(5))

    assert task - bare < 0.1


def _seconds(words: list[str]) -> float:
    before = os.times()
    subprocess.run(words, check=True)
    after = os.times()
    return (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )
