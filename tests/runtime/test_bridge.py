"""Flows that import metaflow get flowc's names, whether Metaflow is installed or not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from runtime.conftest import ROOT

import flowc
from flowc.runtime import decorators

if TYPE_CHECKING:
    from runtime.conftest import Project

CHECK = """
@step
def start(self):
    import metaflow
    self.file = getattr(metaflow, "__file__", None)
"""


@pytest.mark.parametrize(
    "header",
    [
        "from metaflow import FlowSpec, step, Parameter, current, retry, Flow, get_metadata",
        "from metaflow import *",
        "import metaflow as mf\nfrom metaflow import FlowSpec\nstep = mf.step",
        "from metaflow import FlowSpec, step\nfrom metaflow.exception import MetaflowException",
    ],
)
def test_metaflow_is_flowc(project: Project, header: str) -> None:
    project.linear(CHECK, "start", header=header)

    done = project.step("start")

    assert done.returncode == 0, done.stderr
    assert project.artifact("file", "start") is None


def test_a_run_that_a_task_under_metaflow_starts_is_native(project: Project) -> None:
    project.linear(CHECK, "start", header="from flowc import FlowSpec, step")

    done = project.step("start", FLOWC_API="metaflow")

    assert done.returncode == 0, done.stderr
    assert project.artifact("file", "start") is None


def test_under_metaflow_the_names_of_flowc_are_metaflows() -> None:
    check = "import flowc, metaflow; assert flowc.FlowSpec is metaflow.FlowSpec; flowc.S3"

    done = subprocess.run(
        [sys.executable, "-c", check],
        env={**os.environ, "FLOWC_API": "metaflow"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("from metaflow import S3", "metaflow.S3"),
        ("import metaflow; metaflow.Runner", "metaflow.Runner"),
        ("from metaflow import torchrun", "metaflow.torchrun"),
        ("from metaflow import user_step_decorator", "metaflow.user_step_decorator"),
        ("from metaflow.cards import Markdown", "metaflow.cards"),
        ("import metaflow.plugins.airflow", "metaflow.plugins"),
    ],
)
def test_what_flowc_lacks_is_named_with_what_to_do(
    project: Project, statement: str, name: str
) -> None:
    header = f"from metaflow import FlowSpec, step\n{statement}"
    project.linear(CHECK, "start", header=header)

    done = project.step("start")

    assert done.returncode == 1
    advice = "run the flow with `--runtime metaflow`"
    message = f"ImportError: flowc's native runtime has no `{name}`; {advice}\n"
    assert done.stderr.endswith(message)


def test_decorators_take_arguments_or_none_and_do_nothing() -> None:
    def method() -> None: ...

    names = [
        name for name in vars(decorators) if not name.startswith("_") and name in flowc.__all__
    ]

    assert len(names) > 15
    for name in names:
        decorator = getattr(flowc, name)
        assert decorator(method) is method
        assert decorator(cpu=1)(method) is method
    assert flowc.step(method) is flowc.step(start=True)(method) is method


def test_every_name_of_flowc_is_there() -> None:
    assert all(getattr(flowc, name) is not None for name in flowc.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Fl0w'"):
        _ = flowc.Fl0w  # type: ignore[attr-defined]


def run_python(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    # A package of the same name stands in for the command, which says how it was started.
    fake = project.folder / "fake" / "flowc"
    fake.mkdir(parents=True)
    (fake / "__main__.py").write_text("import sys; print(sys.argv[1:])")
    (fake / "__init__.py").write_text((ROOT / "flowc/__init__.py").read_text())
    (fake / "runtime").symlink_to(ROOT / "flowc/runtime")
    return subprocess.run(
        [sys.executable, "flow.py", *words],
        cwd=project.folder,
        env={"PYTHONPATH": str(fake.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "--alpha", "0.2"], ["run", "FILE:F", "--alpha", "0.2"]),
        (["compile"], ["compile", "FILE:F"]),
        (["--no-pylint", "run"], ["run", "FILE:F", "--no-pylint"]),
        ([], ["--help"]),
        (["--help"], ["--help"]),
    ],
)
def test_a_flow_file_starts_the_command(
    project: Project, words: list[str], expected: list[str]
) -> None:
    project.linear(CHECK, "start")

    done = run_python(project, *words)

    file = str(project.folder / "flow.py")
    assert done.stdout.strip() == str([word.replace("FILE", file) for word in expected])


def test_an_instance_elsewhere_starts_nothing() -> None:
    flow = flowc.FlowSpec()

    with pytest.raises(flowc.runtime.errors.FlowError, match="is not running in a task"):
        _ = flow.index
