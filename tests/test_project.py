"""Branches of a project, from the command line to the task and the manifest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from stored import artifacts

from flowc.names import project_label

FLOW = """
from flowc import *

@project(name="my_prices"{more})
class F(FlowSpec):
    {parameter}

    @step
    def start(self):
        self.seen = (
            current.project_name, current.branch_name, current.is_user_branch,
            current.is_production, current.project_flow_name,
        )
        self.tags = sorted(tag for tag in current.run.system_tags if tag.startswith("project"))
        self.next(self.end)

    @step
    def end(self): ...
"""


def flowc(folder: Path, *words: str, more: str = "", parameter: str = "") -> tuple[int, str, str]:
    (folder / "flow.py").write_text(FLOW.format(more=more, parameter=parameter))
    done = subprocess.run(
        [sys.executable, "-m", "flowc", words[0], "flow.py", *words[1:]],
        cwd=folder,
        env={**os.environ, "METAFLOW_USER": "ada", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def seen(folder: Path) -> dict[str, object]:
    (run,) = (folder / ".metaflow" / "F").glob("[0-9]*")
    return artifacts(folder / ".metaflow", "F", run.name, ("end", "t"))


BRANCHES = [
    ((), "", "user.ada", False),
    (("--branch", "fast"), "", "test.fast", False),
    (("--production",), "", "prod", True),
    (("--branch", "b", "--production"), "", "prod.b", True),
    ((), ", branch='c'", "test.c", False),
    (("--production",), ", branch='c'", "prod.c", True),
]


@pytest.mark.parametrize(("words", "more", "branch", "production"), BRANCHES)
def test_a_run_is_on_the_branch_that_is_named(
    tmp_path: Path, words: tuple[str, ...], more: str, branch: str, *, production: bool
) -> None:
    code, _, told = flowc(tmp_path, "run", *words, more=more)

    assert code == 0, told
    found = seen(tmp_path)
    assert found["seen"] == (
        *("my_prices", branch, branch == "user.ada", production),
        f"my_prices.{branch}.F",
    )
    assert found["tags"] == ["project:my_prices", f"project_branch:{branch}"]


@pytest.mark.parametrize(("words", "more", "branch", "production"), BRANCHES)
def test_each_branch_has_a_deployment_of_its_own(
    tmp_path: Path, words: tuple[str, ...], more: str, branch: str, *, production: bool
) -> None:
    code, manifest, told = flowc(tmp_path, "compile", "--image", "python", *words, more=more)

    assert code == 0, told
    plan, template = yaml.safe_load_all(manifest)
    assert template["metadata"]["name"] == f"my-prices.{branch}.f"
    assert plan["metadata"]["name"].startswith(f"my-prices.{branch}.f-")
    annotations = template["metadata"]["annotations"]
    assert annotations["flowc.dev/project"] == "my_prices"
    assert annotations["flowc.dev/branch"] == branch
    assert production == ('"production":true' in plan["data"]["plan.json"])


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (("--branch", "B"), "", "--branch B: use lowercase letters, digits and underscores"),
        (("--branch", "b"), ", branch='c'", "--branch b: `@project` says `c`; leave one out"),
        (("--production",), ", production=False", "--production: `@project` says"),
    ],
)
@pytest.mark.parametrize("command", ["run", "compile"])
def test_a_branch_that_cannot_be_is_refused(
    tmp_path: Path, command: str, words: tuple[str, ...], more: str, message: str
) -> None:
    code, _, told = flowc(tmp_path, command, *words, more=more)

    assert (code, told.count("\n")) == (2, 1)
    assert message in told


@pytest.mark.parametrize("words", [("--branch", "b"), ("--production",)])
def test_a_flow_of_no_project_has_no_branches(tmp_path: Path, words: tuple[str, ...]) -> None:
    flow = FLOW.format(more="", parameter="").replace('@project(name="my_prices")\n', "")
    (tmp_path / "other.py").write_text(flow)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "other.py", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == f"flowc: error: {' '.join(words)}: flow `F` has no `@project`\n"


def test_a_parameter_may_be_called_branch(tmp_path: Path) -> None:
    parameter = 'branch = Parameter("branch", default="x")'

    code, _, told = flowc(tmp_path, "run", "--branch", "Main", parameter=parameter)

    assert code == 0, told
    assert seen(tmp_path)["branch"] == "Main"


def test_names_of_deployments_fit_and_differ() -> None:
    long = project_label("p" * 100, "test.b", "F")

    assert len(long) == 63
    assert long != project_label("p" * 101, "test.b", "F")
    assert project_label("a_b", "user.ada@x", "MyFlow").startswith("a-b.user.ada-x-")
    assert project_label("a", "prod", "MyFlow") == "a.prod.my-flow"
