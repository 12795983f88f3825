"""The client reads what runs have left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import flowc
from flowc.runtime.errors import InvalidPathspecError, NotFoundError

if TYPE_CHECKING:
    from runtime.conftest import Project

SOURCE = """
alpha = Parameter("alpha", default=1)

@step
def start(self):
    self.xs = ["a", "b"]
    self.next(self.fit, foreach="xs")

@step
def fit(self):
    self.y = self.input * 2
    self.next(self.join)

@step
def join(self, inputs):
    self.ys = [each.y for each in inputs]
"""
STEPS = {
    "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
    "fit": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "end", "join": True},
}
BODY = [{"task": "start"}, {"foreach": "start", "body": [{"task": "fit"}]}, {"task": "join"}]


@pytest.fixture
def ran(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one whole run, and one that has only started."""
    project.write(SOURCE, STEPS, BODY)
    project.run("--param", "alpha=3")
    project.step("start", "t", "--run", "2")
    monkeypatch.setenv("FLOWC_STORE", str(project.store))
    return project


@pytest.mark.usefixtures("ran")
def test_the_client_finds_runs_and_artifacts() -> None:
    flow = flowc.Flow("F")
    run = flow.latest_successful_run

    assert [run.id for run in flow] == ["2", "1"]
    assert flow.latest_run == flowc.Run("F/2") != run
    assert run
    assert (run.successful, run.finished, run.pathspec) == (True, True, "F/1")
    assert run.data.ys == ["aa", "bb"]
    assert run.data.alpha == 3
    assert [step.id for step in run] == ["join", "fit", "start"]
    assert {task.id for task in run["fit"]} == {"t.0", "t.1"}
    assert run["fit"]["t.1"].data.y == "bb"
    assert flowc.Task("F/1/fit/t.0")["y"].data == "aa"
    assert flowc.Step("F/1/join").task.artifacts.keys() == {"alpha", "ys"}
    assert run.created_at <= run["start"].task.created_at <= run.finished_at
    assert (run["fit"]["t.1"].index, run["join"].task.index) == (1, None)
    assert run["fit"]["t.0"].parent.parent.parent == flow


def test_what_is_deployed_is_no_run(ran: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed = ran.store / "F" / "_flowc" / "deployments" / "F.json"
    deployed.parent.mkdir(parents=True)
    deployed.write_text("{}")
    monkeypatch.setenv("METAFLOW_USER", "somebody-else")

    assert list(flowc.Flow("F", _namespace_check=False)) == []
    assert not flowc.Flow("F", _namespace_check=False).is_in_namespace()


@pytest.mark.usefixtures("ran")
def test_an_unfinished_run_is_not_successful() -> None:
    run = flowc.Run("F/2")

    assert (run.successful, run.finished, run.data, run.finished_at) == (False, False, None, None)


def test_logs_are_read_where_the_engine_puts_them(ran: Project) -> None:
    (ran.store / "F/1/fit/t.0/0.task_stdout.log").write_text("hello\n")

    task = flowc.Task("F/1/fit/t.0")

    assert (task.stdout, task.stderr) == ("hello\n", "")


@pytest.mark.parametrize(
    ("kind", "pathspec"),
    [("Flow", "G"), ("Run", "F/3"), ("Step", "F/2/fit"), ("Task", "F/1/fit/t.2")],
)
@pytest.mark.usefixtures("ran")
def test_what_is_not_there_is_not_found(kind: str, pathspec: str) -> None:
    with pytest.raises(NotFoundError, match=rf"{kind}\('{pathspec}'\) does not exist"):
        getattr(flowc, kind)(pathspec)


@pytest.mark.usefixtures("ran")
def test_an_artifact_that_is_not_there_is_not_found() -> None:
    task = flowc.Task("F/1/fit/t.0")

    assert "y" in task
    assert "z" not in task.data
    with pytest.raises(NotFoundError):
        task["z"]
    with pytest.raises(AttributeError, match="has no artifact `z`"):
        _ = task.data.z


def test_a_wrong_pathspec_is_told() -> None:
    with pytest.raises(
        InvalidPathspecError, match="is no pathspec of a Run, which is like `Flow/run`"
    ):
        flowc.Run("F")


def test_a_namespace_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METAFLOW_USER", "ada")

    assert flowc.namespace(None) is None
    assert flowc.get_namespace() is None
    assert flowc.default_namespace() == flowc.get_namespace() == "user:ada"


def test_the_store_may_be_named(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLOWC_STORE", raising=False)
    monkeypatch.chdir(project.folder)

    assert flowc.get_metadata() == "local@.metaflow"
    assert flowc.metadata("local@elsewhere") == "local@elsewhere"
    flowc.metadata("")


def test_a_step_reads_its_own_flow_from_its_own_store(project: Project) -> None:
    project.linear(
        """
        @step
        def start(self):
            self.before = Flow("F").latest_successful_run
            self.before = self.before and self.before.data.x
            self.x = current.run_id
        """,
        "start",
    )

    project.step("start")
    project.step("start", "t", "--run", "2")

    assert flowc.metadata(str(project.store))
    assert flowc.Run("F/1").data.before is None
    assert flowc.Run("F/2").data.before == "1"
    flowc.metadata("")
