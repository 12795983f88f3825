"""Metaflow's Client reads what flowc wrote, and finds what it would find after a run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argo.interpreter import submit
from client_views import comparable, views
from metaflow_graph import IMPORT
from stored import artifacts, parents, shown

from flowc.driver import read_flow
from flowc.local.engine import run
from flowc.local.parameters import parse_parameters
from flowc.local.run_id import new_run_id
from flowc.local.settings import RunSettings
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.local.events import RunResult

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
READ = (
    "catch",
    "config",
    "custom_ends",
    "foreach",
    "foreach_in_arm",
    "gang",
    "linear",
    "loop_in_foreach",
    "merge_artifacts",
    "multi_step_loop",
    "nested_foreach",
    "parameters",
    "retry",
    "self_loop",
    "single_step",
    "split_in_foreach",
    "switch_in_foreach",
)
# With loops, and arms that skip steps, the Client takes all for parents that may have been.
LOOSE = {"config", "loop_in_foreach", "multi_step_loop", "self_loop"}
BOTH = ("catch", "retry", "self_loop", "split_in_foreach", "switch")

LOUD = """
import sys
from flowc import FlowSpec, retry, step

class LoudFlow(FlowSpec):
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        from flowc import current
        for word in ("three", "two", "one"):
            print(word)
        print("50 %\\r100 %")
        print("attempt", current.retry_count, file=sys.stderr)
        if not current.retry_count:
            raise OSError("early")
        print("no end", end="")
        self.next(self.end)

    @step
    def end(self):
        self.kept = 1
        raise ValueError("late")
"""


@dataclass(frozen=True)
class Read:
    """A run of flowc's, and what Metaflow's Client says of it."""

    store: Path
    result: RunResult
    view: Mapping[str, Any]

    @property
    def run(self) -> tuple[Path, str, str]:
        return self.store, self.result.flow, self.result.run


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("client")


@pytest.fixture(scope="module")
def runs(work: Path) -> Mapping[str, Read]:
    """What flowc ran, by the name of the fixture; Metaflow cannot be imported in the tasks."""
    poison = work / "poison"
    poison.mkdir()
    (poison / "metaflow.py").write_text("raise SystemExit('Metaflow is imported')")
    loud = work / "loud"
    loud.mkdir()
    (loud / "flow.py").write_text(LOUD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(poison))
        patch.setenv("METAFLOW_USER", "ada")
        folders = [*(FLOWS / name for name in sorted({*READ, *BOTH})), loud]
        results = {folder.name: run_with_flowc(folder, work / ".metaflow") for folder in folders}
    found = views(work, [f"{each.flow}/{each.run}" for each in results.values()])
    return {
        name: Read(work / ".metaflow", result, view)
        for (name, result), view in zip(results.items(), found, strict=True)
    }


@pytest.fixture(scope="module")
def metaflows(work: Path) -> Mapping[str, Mapping[str, Any]]:
    """What the Client says of Metaflow's own runs, by the name of the fixture."""
    folder = work / "metaflow"
    folder.mkdir()
    started = {name: start_metaflow(name, folder) for name in BOTH}
    pathspecs = []
    for name, process in started.items():
        output, _ = process.communicate()
        assert process.returncode == 0, output
        flow = read_flow(str(FLOWS / name / "flow.py")).flow
        assert flow
        pathspecs.append(f"{flow.name}/{(folder / f'{name}.run').read_text()}")
    return dict(zip(started, views(folder, pathspecs), strict=True))


def run_with_flowc(folder: Path, store: Path) -> RunResult:
    flow = read_flow(str(folder / "flow.py")).flow
    assert flow
    words = folder / "arguments.txt"
    given = parse_parameters(flow, words.read_text().split() if words.exists() else [])
    settings = RunSettings(new_run_id(store, flow.name), store, folder, parameters=given)
    return run(flow, settings, lambda _: None)


def start_metaflow(name: str, folder: Path) -> subprocess.Popen[str]:
    source = (FLOWS / name / "flow.py").read_text()
    file = folder / f"{name}.py"
    file.write_text(IMPORT.sub(r"\1 metaflow", source))
    words = ["--no-pylint", "run", "--run-id-file", str(folder / f"{name}.run")]
    return subprocess.Popen(
        [sys.executable, str(file), *words],
        cwd=folder,
        env={**os.environ, "METAFLOW_USER": "ada"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(params=READ)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_the_run_is_found(runs: Mapping[str, Read], name: str) -> None:
    ran, view = runs[name].result, runs[name].view

    assert ran.succeeded
    assert (view["successful"], view["finished"]) == (True, True)
    assert view["latest"] == view["latest_successful"] == ran.run
    assert view["created"] <= view["ended"] <= view["created"] + 60
    assert [tag.partition(":")[0] for tag in view["tags"]] == [
        "metaflow_version",
        "python_version",
        "runtime",
        "user",
    ]
    assert {"runtime:dev", "user:ada"} <= set(view["tags"])


def test_all_tasks_are_found_with_their_artifacts(runs: Mapping[str, Read], name: str) -> None:
    tasks = runs[name].view["tasks"]
    recorded = parents(*runs[name].run)

    assert set(tasks) == {"/".join(task) for task in recorded}
    for task in recorded:
        view = tasks["/".join(task)]
        expected = artifacts(*runs[name].run, task)
        assert view["finished"] is True
        assert view["artifacts"] == {key: shown(value) for key, value in expected.items()}
        assert all(view["sizes"].values())
        assert set(view["sizes"]) == set(expected)


def test_the_artifacts_at_the_end_are_those_of_the_run(runs: Mapping[str, Read], name: str) -> None:
    view = runs[name].view
    end = view["tasks"][view["end"].split("/", 2)[2]]

    assert view["data"] == end["artifacts"]
    assert view["parameters"].items() <= end["artifacts"].items()


def test_tasks_know_their_parents_and_children(runs: Mapping[str, Read], name: str) -> None:
    tasks = runs[name].view["tasks"]
    recorded = {
        "/".join(task): {"/".join(parent) for parent in before}
        for task, before in parents(*runs[name].run).items()
    }
    children = defaultdict(set)
    for task, before in recorded.items():
        for parent in before:
            children[parent].add(task)

    for task, before in recorded.items():
        found = set(tasks[task]["parents"]), set(tasks[task]["children"])
        if name in LOOSE:
            assert before <= found[0]
            assert children[task] <= found[1]
        else:
            assert found == (before, children[task])


def test_tasks_know_their_index(runs: Mapping[str, Read], name: str) -> None:
    for task, view in runs[name].view["tasks"].items():
        indices = [frame for frame in task.split(".") if frame.isdigit()]
        assert view["index"] == (int(indices[-1]) if indices else None)


@pytest.mark.parametrize("name", BOTH)
def test_the_client_says_the_same_as_of_a_run_of_metaflow(
    runs: Mapping[str, Read], metaflows: Mapping[str, Mapping[str, Any]], name: str
) -> None:
    ours, theirs = runs[name].view, metaflows[name]

    assert comparable(ours) == comparable(theirs)


def test_the_client_says_the_same_of_a_run_on_argo(runs: Mapping[str, Read], work: Path) -> None:
    folder = FLOWS / "split_in_foreach"
    flow = read_flow(str(folder / "flow.py")).flow
    assert flow
    manifest, _ = get_target("argo").emit(flow, CompileOptions(image="registry.example/flows:1"))
    assert manifest

    submit(manifest.text, source=folder, store=work / ".metaflow", run="argo-1", parameters={})

    (view,) = views(work, [f"{flow.name}/argo-1"])
    assert comparable(view) == comparable(runs["split_in_foreach"].view)


def test_logs_are_read_as_they_were_written(runs: Mapping[str, Read]) -> None:
    view = runs["loud"].view["tasks"]["start/t"]

    assert view["lines"] == ["three", "two", "one", "50 %\r100 %", "no end"]
    assert view["stdout"] == "three\ntwo\none\n50 %\r100 %\nno end\n"
    assert view["stderr"] == "attempt 1\n"
    assert view["attempt"] == 1


def test_a_failed_run_tells_what_went_wrong(runs: Mapping[str, Read]) -> None:
    view = runs["loud"].view
    end = view["tasks"]["end/t"]

    assert (view["successful"], view["finished"]) == (False, False)
    assert view["latest_successful"] is None
    assert (end["successful"], end["finished"]) == (False, False)
    assert end["exception"] == "builtins.ValueError: late"
    assert end["facts"]["attempt_ok"] == "False"
    assert view["tasks"]["start/t"]["exception"] is None


def test_a_gang_has_one_control_task(runs: Mapping[str, Read]) -> None:
    tasks = runs["gang"].view["tasks"]

    assert [task for task, view in tasks.items() if "internal_task_type" in view["facts"]] == [
        "work/t.0"
    ]
