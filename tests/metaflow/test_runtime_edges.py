"""What a task under Metaflow needs, refuses and passes on, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from s3_server import settings

from flowc.driver import read_flow
from flowc.ir.flow import Runtime
from flowc.ir.plan import render_plan
from flowc.runtime.about import About
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.metaflow_command import Command, Gang
from flowc.runtime.options import parse_options
from flowc.runtime.plan import Plan, read_plan
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from s3_server import Server

FLOW = """
from metaflow import FlowSpec, IncludeFile, Parameter, catch, current, step


def halved(context):
    return 0.5


class TestFlow(FlowSpec):
    alpha = Parameter("alpha", type=float, default=halved)
    text = IncludeFile("text", default="beside.txt")

    @step
    def start(self):
        self.value = self.alpha * 2, self.text
        self.next(self.end)

    @catch(var="failure", print_exception=False)
    @step
    def end(self):
        raise OSError(f"attempt {current.retry_count}")
"""
STARTED = """
if __name__ == "__main__":
    TestFlow()
"""


class Lab:
    """A flow's folder, its plan for Metaflow's runtime, and a store."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.store = str(folder / "elsewhere" / ".metaflow")
        self.file = folder / "flow.py"
        self.file.write_text(text)
        (folder / "beside.txt").write_text("read")
        flow = read_flow(str(self.file), runtime=Runtime.METAFLOW).flow
        assert flow
        (folder / "plan.json").write_text(render_plan(flow))

    def words(self, step: str, *words: str) -> list[str]:
        plan = ("--plan", str(self.folder / "plan.json"), "--source", str(self.folder))
        place = ("--store", self.store, "--run", "r1", "--path", "t", "--wait", "0")
        return ["step", step, *plan, *place, *words]

    def start(self, step: str, *words: str, **variables: str) -> subprocess.Popen[str]:
        # Tasks start anywhere, as in a container.
        away = self.folder / "away"
        away.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "flowc.runtime", *self.words(step, *words)],
            cwd=away,
            env={**os.environ, "METAFLOW_USER": "ada", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def step(self, step: str, *words: str, **variables: str) -> tuple[int, str]:
        """The exit code, and what the task wrote."""
        shim = self.start(step, *words, **variables)
        output, _ = shim.communicate()
        return shim.returncode, output

    def artifact(self, name: str, step: str, attempt: int = 0) -> object:
        found = Artifacts(open_store(self.store), "TestFlow")
        listed = found.read(f"r1/{step}/t", attempt)
        assert listed
        return found.load(name, listed[name])


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path, FLOW + STARTED)


def test_defaults_are_computed_and_files_found_beside_the_flow(lab: Lab) -> None:
    assert lab.step("start") == (0, "")

    assert lab.artifact("value", "start") == (1.0, "read")


def test_the_plan_may_be_a_text(lab: Lab) -> None:
    text = (lab.folder / "plan.json").read_text()
    (lab.folder / "plan.json").unlink()

    assert lab.step("start", "--plan", text) == (0, "")
    assert lab.step("end", "--plan", text) == (0, "")

    assert lab.artifact("value", "start") == (1.0, "read")


def test_given_values_are_taken(lab: Lab) -> None:
    (lab.folder / "away").mkdir()
    (lab.folder / "away" / "given.txt").write_text("given")

    assert lab.step("start", "--param", "ALPHA=4", "--param", "text=given.txt") == (0, "")

    assert lab.artifact("value", "start") == (8.0, "given")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("alpha=many", "many is not a valid floating point value"),
        ("beta=1", "flow `TestFlow` has no parameter `beta`; it has: alpha, text"),
        ("text=nowhere.txt", "could not open file 'nowhere.txt'"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(lab: Lab, given: str, told: str) -> None:
    code, output = lab.step("start", "--param", given)

    assert code == 64
    assert told in output
    assert "Traceback" not in output


def test_a_flow_that_its_file_does_not_start_is_refused(tmp_path: Path) -> None:
    lab = Lab(tmp_path, FLOW)

    code, output = lab.step("start")

    assert code == 64
    assert output == (
        "flowc: `flow.py` does not start `TestFlow` when it is run, which Metaflow needs; end it "
        'with `if __name__ == "__main__": TestFlow()`\n'
    )


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"metaflow.py": ""}, f"the flow runs under Metaflow, which {sys.executable} lacks"),
        (
            {"metaflow/__init__.py": "", "metaflow/version.py": 'metaflow_version = "2.12.5"'},
            "the flow runs under Metaflow, but 2.12 is too old",
        ),
    ],
)
def test_a_metaflow_that_is_missing_or_too_old_is_named(
    lab: Lab, files: dict[str, str], told: str
) -> None:
    for name, text in files.items():
        file = lab.folder / "path" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    code, output = lab.step("start", PYTHONPATH=str(lab.folder / "path"))

    assert (code, output) == (
        64,
        (
            f"flowc: {told}; install 'metaflow>=2.19' where the task runs, or choose "
            "`--runtime native`\n"
        ),
    )


def test_attempts_are_counted_by_the_engine(lab: Lab) -> None:
    plan = lab.folder / "plan.json"
    plan.write_text(plan.read_text().replace('"kind":"end"', '"kind":"end","retries":1'))
    lab.step("start")

    first, _ = lab.step("end", "--attempt", "0")
    last, _ = lab.step("end", "--attempt", "1")
    fallback, _ = lab.step("end", "--attempt", "2")

    assert (first, last, fallback) == (1, 0, 0)
    done = open_store(lab.store).read("TestFlow/r1/_flowc/done/end/t.json")
    assert done
    assert b'"caught": true' in done


def test_decorators_of_the_command_line_reach_metaflow(lab: Lab) -> None:
    plan = lab.folder / "plan.json"
    plan.write_text(plan.read_text().replace("{", '{"with":["retry:times=9"],', 1))

    code, output = lab.step("start")

    assert code != 0
    assert "The maximum number of retries" in output


def test_a_task_that_is_told_to_end_takes_metaflow_along(tmp_path: Path) -> None:
    pid = f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))"
    sleep = f"import os, pathlib, time; {pid}; time.sleep(60)"
    text = FLOW.replace("self.value = ", f"{sleep}\n        self.value = ")
    lab = Lab(tmp_path, text + STARTED)
    shim = lab.start("start")
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.05)
        assert shim.poll() is None, shim.communicate()
    metaflow = int((tmp_path / "pid").read_text())

    shim.send_signal(signal.SIGTERM)

    shim.communicate()
    assert shim.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(metaflow, 0)


def test_many_inputs_go_through_a_file(lab: Lab) -> None:
    plan = read_plan(str(lab.folder / "plan.json"))
    command = Command(plan, parse_options(lab.words("end"), {}), About({}), str(lab.folder))
    inputs = [f"r1/part/t.{i}/0" for i in range(10_000)]

    words = command.step("end", "t", inputs, None)

    file = Path(words[words.index("--input-paths-filename") + 1])
    assert file.read_text() == ",".join(inputs)
    assert "--input-paths" not in words
    assert max(map(len, words)) < 100_000


@pytest.mark.parametrize(("index", "context"), [(0, "ubf_control"), (2, "ubf_task")])
def test_members_of_a_gang_know_their_place(lab: Lab, index: int, context: str) -> None:
    plan = Plan((lab.folder / "plan.json").read_text())
    command = Command(plan, parse_options(lab.words("end"), {}), About({}), str(lab.folder))
    gang = Gang("t.0", 3, index)

    words, variables = (
        command.step("end", f"t.{index}", ["r1/a/t/0"], gang),
        command.variables(gang),
    )

    assert words[words.index("--ubf-context") + 1] == context
    assert words[words.index("--num-parallel") + 1] == "3"
    assert variables["MF_PARALLEL_NODE_INDEX"] == str(index)
    assert variables["MF_PARALLEL_CONTROL_TASK_ID"] == "t.0"


def test_tasks_meet_in_a_bucket(lab: Lab, s3: Server) -> None:
    lab.store = f"s3://{s3.bucket()}/runs"

    ended = [lab.step(step, **settings(s3.endpoint)) for step in ("start", "end")]

    assert ended == [(0, ""), (0, "")]
    assert lab.artifact("value", "start") == (1.0, "read")


ANNOTATED = """
from metaflow import FlowSpec, current, get_namespace, project, step


@project(name="shop")
class TestFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.seen = sorted(current.tags), get_namespace(), current.branch_name
        self.told = current.project_name, current.is_production
"""


def test_steps_see_the_tags_the_namespace_and_the_branch(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(ANNOTATED + STARTED)
    words = ("--tag", "nightly", "--tag", "v=2", "--namespace", "team", "--production")

    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", "--runtime", "metaflow", *words],
        cwd=tmp_path,
        env={**os.environ, "METAFLOW_USER": "ada"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / ".metaflow" / "TestFlow").glob("*/_flowc")
    found = Artifacts(open_store(str(tmp_path / ".metaflow")), "TestFlow")
    listed = found.read(f"{folder.parent.name}/end/t", 0)
    assert listed
    tags, namespace, branch = found.load("seen", listed["seen"])
    assert {"nightly", "v=2"} <= set(tags)
    assert (namespace, branch) == ("team", "prod")
    assert found.load("told", listed["told"]) == ("shop", True)
