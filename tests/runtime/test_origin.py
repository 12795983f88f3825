"""Tasks that are cloned from another run, on any engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtime.conftest import Project
    from s3_server import Server

SOURCE = """
alpha = Parameter("alpha", default=1)
beta = Parameter("beta", default=1)

@step
def start(self):
    self.xs = [1, 2]
    self.next(self.fit, foreach="xs")

@step
def fit(self):
    self.y = self.input
    self.next(self.join)

@step
def join(self, inputs):
    self.next(self.end)

@step
def end(self):
    self.seen = (self.alpha, self.beta, current.origin_run_id)
"""
STEPS = {
    "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
    "fit": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "linear", "next": ["end"], "join": True},
    "end": {"kind": "end"},
}
BODY = [
    {"task": "start"},
    {"foreach": "start", "body": [{"task": "fit"}]},
    {"task": "join"},
    {"task": "end"},
]


def parameters(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "attribute": name, "kind": "int"} for name in names]


@pytest.fixture(params=["folder", "s3"])
def origin(project: Project, request: pytest.FixtureRequest) -> Project:
    """A project whose run 1 has got as far as to one of two fits."""
    if request.param == "s3":
        server: Server = request.getfixturevalue("s3")
        project.url = f"s3://{server.bucket()}/store"
    project.plan = {"parameters": parameters("alpha", "beta")}
    project.write(SOURCE, STEPS, BODY)
    project.step("start", "t", "--param", "alpha=5")
    assert project.step("fit", "t.1").returncode == 0
    return project


def test_what_has_finished_is_cloned_and_the_rest_runs(origin: Project) -> None:
    told = [
        origin.step(step, path, "--run", "2", FLOWC_ORIGIN="1").stderr
        for step, path in (("start", "t"), ("fit", "t.0"), ("fit", "t.1"), ("join", "t"))
    ]
    origin.step("end", "t", "--run", "2", "--origin", "1")

    assert told == [
        "flowc: task `start` at `t` is cloned from run `1`\n",
        "",
        "flowc: task `fit` at `t.1` is cloned from run `1`\n",
        "",
    ]
    done = json.loads(origin.stored("2/_flowc/done/fit/t.1.json") or b"")
    assert (done["origin"], done["parents"]) == ("1", [["start", "t"]])
    listed = json.loads(origin.stored("2/end/t/0.data.json") or b"")["objects"]
    assert listed["alpha"] == origin.listing("start")["objects"]["alpha"]
    assert json.loads(origin.stored("2/_flowc/about.json") or b"")["origin"] == "1"


def test_a_cloned_task_tells_the_engine_what_it_decided(origin: Project) -> None:
    done = origin.step("start", "t", "--run", "2", "--origin", "1", "--control", "control")

    assert done.returncode == 0, done.stderr
    assert (origin.folder / "control" / "count").read_text() == "2"


def test_steps_named_run_again(origin: Project) -> None:
    again = ("--run", "2", "--origin", "1", "--from", "fit,join")

    cloned = origin.step("start", "t", *again)
    ran = origin.step("fit", "t.1", *again)

    assert "is cloned from" in cloned.stderr
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_parameter_may_be_another_where_all_runs_again(origin: Project) -> None:
    words = ("--run", "2", "--origin", "1", "--from", "start", "--param", "beta=7")

    origin.step("start", "t", *words)

    listed = json.loads(origin.stored("2/start/t/0.data.json") or b"")["objects"]
    first = origin.listing("start")["objects"]
    assert listed["alpha"] == first["alpha"]
    assert listed["beta"] != first["beta"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--origin", "2"), "run `2` cannot be its own origin"),
        (("--origin", "1", "--from", "fitt"), "flow `F` has no step `fitt`; it has start, fit"),
        (("--origin", "../1"), "`../1` cannot be the name of a run"),
    ],
)
@pytest.mark.parametrize("origin", ["folder"], indirect=True)
def test_what_cannot_be_is_refused(origin: Project, words: tuple[str, ...], message: str) -> None:
    done = origin.step("start", "t", "--run", "2", *words)

    assert done.returncode == 64
    assert message in done.stderr


@pytest.mark.parametrize("origin", ["folder"], indirect=True)
def test_without_what_the_origin_has_lost_a_task_runs(origin: Project) -> None:
    (origin.store / "F/1/_flowc/done/start/t.json").unlink()

    done = origin.step("start", "t", "--run", "2", "--origin", "1")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("origin", ["folder"], indirect=True)
def test_a_run_that_never_was_cannot_be_resumed(origin: Project) -> None:
    done = origin.step("start", "t", "--run", "2", "--origin", "9")

    assert done.returncode == 64
    assert done.stderr == "flowc: flow `F` has no run `9` in this store that could be resumed\n"
