"""Resuming beside Metaflow: the same tasks run again, and its Client finds their origin.

flowc resumes natively and, as `bridge`, with Metaflow's own runtime.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from metaflow_graph import IMPORT

FLOW = """
import os, time
from flowc import FlowSpec, Parameter, current, step


def ran(name):
    with open(os.environ["RAN"], "a") as file:
        file.write(name + "\\n")


class F(FlowSpec):
    alpha = Parameter("alpha", default=1)
    CONSTANT = 5

    @step
    def start(self):
        ran("start")
        self.xs = ["a", "b", "c"]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        if self.input == "b" and os.environ.get("FAIL"):
            while len(open(os.environ["RAN"]).readlines()) < 3:
                time.sleep(0.1)
            time.sleep(1)
            raise ValueError("b")
        ran("fit " + self.input)
        self.y = self.input * self.alpha
        self.next(self.join)

    @step
    def join(self, inputs):
        ran("join")
        self.ys = [each.y for each in inputs]
        self.next(self.choose)

    @step
    def choose(self):
        ran("choose")
        self.way = "left"
        self.next({"left": self.left, "right": self.right}, condition="way")

    @step
    def left(self):
        ran("left")
        self.next(self.fork)

    @step
    def right(self):
        ran("right")
        self.next(self.fork)

    @step
    def fork(self):
        ran("fork")
        self.next(self.one, self.two)

    @step
    def one(self):
        ran("one")
        self.next(self.merge)

    @step
    def two(self):
        ran("two")
        self.next(self.merge)

    @step
    def merge(self, inputs):
        ran("merge")
        self.merge_artifacts(inputs)
        self.next(self.end)

    @step
    def end(self):
        ran("end")
        self.origin = current.origin_run_id
        self.constant = self.CONSTANT


if __name__ == "__main__":
    F()
"""

CLIENT = """
import json, sys
from metaflow import Run, namespace
namespace(None)
run = Run(sys.argv[1])
json.dump({
    "origin": run.origin_pathspec,
    "tags": sorted(run.user_tags),
    "tasks": {task.path_components[2] + "/" + str(task.index): {
        "origin": bool(task.origin_pathspec),
        "finished": task.finished,
        "successful": task.successful,
        "artifacts": {a.id: repr(a.data) for a in task if a.id != "name"},
    } for step in run for task in step},
}, sys.stdout)
"""
# Metaflow keeps constants of the class as artifacts, and flowc reads them where they stand.
ONLY_METAFLOW = {"CONSTANT"}


@dataclass
class Engine:
    """Runs the flow in a folder, by Metaflow or flowc in two ways; the last run's id is known."""

    folder: Path
    name: str
    run: str = ""

    def start(self, *words: str, resume: bool = False, **environment: str) -> list[str]:
        """What has run, in alphabetical order."""
        seen = self.folder / "ran.txt"
        seen.write_text("")
        source = FLOW if self.name == "flowc" else IMPORT.sub(r"\1 metaflow", FLOW)
        (self.folder / "flow.py").write_text(source)
        done = subprocess.run(
            [sys.executable, *self._words(resume=resume), *words],
            cwd=self.folder,
            env={**os.environ, "METAFLOW_USER": "ada", "RAN": str(seen), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        told = done.stdout + done.stderr
        assert (done.returncode != 0) == ("FAIL" in environment), told
        found = re.search(r"(?:run-id |^F )(\d+)", told, re.MULTILINE)
        assert found, told
        self.run = found[1]
        return sorted(seen.read_text().splitlines())

    def view(self) -> dict[str, object]:
        """What Metaflow's Client says of the last run."""
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, f"F/{self.run}"],
            cwd=self.folder,
            env={**os.environ, "METAFLOW_USER": "ada"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, object] = json.loads(done.stdout)
        return found

    def _words(self, *, resume: bool) -> list[str]:
        if self.name != "metaflow":
            resumed = ["--resume", self.run] if resume else []
            runtime = "metaflow" if self.name == "bridge" else "native"
            return ["-m", "flowc", "run", "flow.py", "--runtime", runtime, *resumed]
        resumed = ["resume", "--origin-run-id", self.run] if resume else ["run"]
        return ["flow.py", "--no-pylint", *resumed]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> list[Engine]:
    """Each with a run that has failed."""
    found = [
        Engine(tmp_path_factory.mktemp(name), name) for name in ("flowc", "bridge", "metaflow")
    ]
    for engine in found:
        assert engine.start("--alpha", "2", FAIL="1") == ["fit a", "fit c", "start"]
    return found


def test_the_same_tasks_run_again_and_leave_the_same(engines: list[Engine]) -> None:
    views = []
    for engine in engines:
        origin = engine.run
        assert engine.start("--tag", "mine", resume=True) == [
            *("choose", "end", "fit b", "fork", "join", "left", "merge", "one", "two"),
        ]
        views.append(_told(engine, origin))
    assert views[0] == views[1] == views[2]

    for engine in engines:
        again = ("one",) if engine.name == "metaflow" else ("--from", "one")
        assert engine.start(*again, resume=True) == ["end", "merge", "one"]


def _told(engine: Engine, origin: str) -> dict[str, object]:
    view = engine.view()
    tasks = view["tasks"]
    assert isinstance(tasks, dict)
    for task in tasks.values():
        artifacts = task["artifacts"].items()
        # Each engine has run ids of its own.
        task["artifacts"] = {
            name: text.replace(origin, "ORIGIN")
            for name, text in artifacts
            if name not in ONLY_METAFLOW
        }
    assert view["origin"] == f"F/{origin}"
    return {**view, "origin": ""}


def test_parameters_are_the_origins_unless_all_runs_again(engines: list[Engine]) -> None:
    _, bridge, _ = engines

    bridge.start("--from", "start", resume=True)
    assert _alpha(bridge) == "2"
    bridge.start("--from", "start", "--alpha", "3", resume=True)
    assert _alpha(bridge) == "3"


def _alpha(engine: Engine) -> str:
    tasks = engine.view()["tasks"]
    assert isinstance(tasks, dict)
    found = {task["artifacts"]["alpha"] for name, task in tasks.items() if name.startswith("end/")}
    (text,) = found
    return str(text)
