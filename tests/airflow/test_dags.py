"""Files of DAGs: as expected, well written, and with names that do not get in each other's way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Golden

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.airflow.identifiers import RESERVED
from flowc.targets.target import AirflowCompute, AirflowOptions, CompileOptions

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
NAMES = sorted(file.parent.name for file in FLOWS.glob("*/flow.py"))
RUFF = Path(sys.executable).with_name("ruff")
OPTIONS = CompileOptions(
    image="registry.example/flows:1",
    store="s3://bucket/flows",
    airflow=AirflowOptions(AirflowCompute.WORKER),
)
COMPUTES = {
    compute: replace(OPTIONS, store=store, airflow=AirflowOptions(compute))
    for compute, store in (
        (AirflowCompute.WORKER, "s3://bucket/flows"),
        (AirflowCompute.KUBERNETES, "/mnt/flows"),
        (AirflowCompute.DOCKER, "/mnt/flows"),
    )
}


def text_of(flow: Path, options: CompileOptions = OPTIONS) -> str:
    reading = read_flow(str(flow))
    assert reading.flow, reading.diagnostics
    manifest, diagnostics = get_target("airflow").emit(reading.flow, options)
    assert manifest, diagnostics
    return manifest.text


@pytest.mark.parametrize("name", NAMES)
def test_dags_are_as_expected(name: str, golden: Golden) -> None:
    _, with_dag, dags = text_of(FLOWS / name / "flow.py").partition("with DAG(")

    golden.check(FLOWS / name / "expected" / "airflow.py", with_dag + dags)


def test_a_whole_file_is_as_expected(golden: Golden) -> None:
    golden.check(
        FLOWS / "train" / "expected" / "airflow-whole.py", text_of(FLOWS / "train/flow.py")
    )


@pytest.mark.parametrize("compute", [AirflowCompute.KUBERNETES, AirflowCompute.DOCKER])
def test_files_of_other_computes_are_as_expected(compute: AirflowCompute, golden: Golden) -> None:
    for name in ("kubernetes", "gang"):
        text = text_of(FLOWS / name / "flow.py", COMPUTES[compute])
        golden.check(FLOWS / name / "expected" / f"airflow-{compute}.py", text)


@pytest.mark.parametrize("compute", COMPUTES)
def test_files_are_what_a_formatter_writes_and_a_linter_accepts(
    compute: AirflowCompute, tmp_path: Path
) -> None:
    for name in NAMES:
        text = text_of(FLOWS / name / "flow.py", COMPUTES[compute])
        (tmp_path / f"{name}.py").write_text(text)

    formatted = subprocess.run(
        [RUFF, "format", "--isolated", "--diff", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    # Python 3.9 has no `datetime.UTC`, and a plan is one long line.
    rules = ["--select", "F,E,I,UP", "--ignore", "E501,UP017"]
    linted = subprocess.run(
        [RUFF, "check", "--isolated", *rules, tmp_path], capture_output=True, text=True, check=False
    )

    assert formatted.stdout == ""
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("compute", COMPUTES)
def test_no_task_takes_the_place_of_what_the_file_defines(compute: AirflowCompute) -> None:
    step_names = re.compile(r"[a-z_][a-z0-9_]*")
    for name in NAMES:
        tree = ast.parse(text_of(FLOWS / name / "flow.py", COMPUTES[compute]))
        parts = [node for node in tree.body if not isinstance(node, ast.With)]
        defined = {each for part in parts for each in _defined(part)}

        assert {each for each in defined if step_names.fullmatch(each)} <= RESERVED


def _defined(part: ast.stmt) -> Iterator[str]:
    match part:
        case ast.Try(body=body, handlers=[handler]):
            for each in [*body, *handler.body]:
                yield from _defined(each)
        case ast.Import(names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name


NAMED_LIKE_THE_FILE = """
from flowc import FlowSpec, step


class NamedFlow(FlowSpec):
    @step
    def start(self):
        self.items = [1]
        self.next(self.step, foreach="items")

    @step
    def step(self):
        self.way = "a"
        self.next({"a": self.start_fan, "b": self.z_store}, condition="way")

    @step
    def start_fan(self):
        self.next(self.list)

    @step
    def z_store(self):
        self.next(self.list)

    @step
    def list(self):
        self.next(self.fan)

    @step
    def fan(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_steps_may_be_named_as_what_the_file_needs_itself(tmp_path: Path) -> None:
    file = tmp_path / "flow.py"
    file.write_text(
        NAMED_LIKE_THE_FILE.replace("@step", "@a_step").replace(
            "import FlowSpec, step", "import FlowSpec, step as a_step"
        )
    )

    tree = ast.parse(text_of(file))

    (dag,) = (node for node in tree.body if isinstance(node, ast.With))
    assigned = [ast.unparse(node) for node in dag.body]
    assert assigned == [
        "start = step('start', decides=True)",
        "start_fan_2 = fan('start_fan_2', start)",
        "step_2 = step('step', over=start_fan_2, decides=True)",
        "step_to_start_fan = pick('step_to_start_fan', step_2, 'start_fan')",
        "start_fan = step('start_fan', over=step_to_start_fan)",
        "step_to_z_store = pick('step_to_z_store', step_2, 'z_store')",
        "z_store = step('z_store', over=step_to_z_store)",
        "list_2 = step('list', over=start_fan_2, after=[start_fan, z_store])",
        "fan_2 = step('fan', after=[list_2])",
        "end = step('end', after=[fan_2], outlets=[Asset('metaflow.NamedFlow.end')])",
    ]
