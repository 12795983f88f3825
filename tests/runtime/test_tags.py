"""Tags of runs, and the namespaces that they make up."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import flowc
from flowc.runtime.errors import NamespaceMismatchError, TaggingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtime.conftest import Project


@pytest.fixture
def tagged(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Two runs of ada's, of which the first has tags, and one of bob's."""
    project.linear(
        """
        @step
        def start(self):
            self.tags = current.tags
            self.sees = (get_namespace(), [run.id for run in Flow("F")])
            self.next(self.end)

        @step
        def end(self): ...
        """,
        "start",
        "end",
    )
    project.store = project.folder / ".metaflow"
    project.url = str(project.store)
    for run, user, words in (
        ("1", "ada", ("--tag", "nightly", "--tag", "a b")),
        ("2", "ada", ()),
        ("3", "bob", ("--namespace", "user:ada")),
    ):
        for step in ("start", "end"):
            done = project.step(step, "t", "--run", run, *words, METAFLOW_USER=user)
            assert done.returncode == 0, done.stderr
    monkeypatch.setenv("FLOWC_STORE", str(project.store))
    monkeypatch.setenv("METAFLOW_USER", "ada")
    yield project
    flowc.default_namespace()


@pytest.mark.usefixtures("tagged")
def test_a_run_has_the_tags_that_it_was_given() -> None:
    run = flowc.Run("F/1")

    assert run.user_tags == {"nightly", "a b"}
    assert {"user:ada", "runtime:dev"} <= run.system_tags
    assert run.tags == run.user_tags | run.system_tags
    assert run["start"].task.tags == run.tags
    assert run["start"].task.data.tags == {"nightly", "a b"}


@pytest.mark.usefixtures("tagged")
def test_runs_are_found_by_their_tags() -> None:
    flow = flowc.Flow("F")

    assert [run.id for run in flow.runs("nightly", "user:ada")] == ["1"]
    assert [run.id for run in flow.runs("daily")] == []
    assert [step.id for step in flowc.Run("F/1").steps("nightly")] == ["end", "start"]
    assert [task.id for task in flowc.Step("F/2/end").tasks("nightly")] == []


@pytest.mark.usefixtures("tagged")
def test_only_runs_in_the_namespace_are_seen() -> None:
    flow = flowc.Flow("F")

    assert [run.id for run in flow] == ["2", "1"]
    assert flow.latest_run
    assert flow.latest_run.id == "2"
    with pytest.raises(NamespaceMismatchError, match="Object not in namespace 'user:ada'"):
        flowc.Run("F/3")
    flowc.namespace("nightly")
    assert flow.latest_successful_run == flowc.Run("F/1")
    flowc.namespace(None)
    assert [run.id for run in flow] == ["3", "2", "1"]
    flowc.namespace("user:carol")
    with pytest.raises(NamespaceMismatchError):
        flowc.Flow("F")
    assert flowc.default_namespace() == "user:ada"


@pytest.mark.usefixtures("tagged")
def test_steps_see_the_namespace_of_their_run() -> None:
    flowc.namespace(None)

    assert flowc.Run("F/2")["start"].task.data.sees == ("user:ada", ["2", "1"])
    # A task that is not done yet has no parameters elsewhere, but its own run always has.
    assert flowc.Run("F/3")["start"].task.data.sees == ("user:ada", ["2", "1"])


def test_tags_can_be_changed(tagged: Project) -> None:
    run = flowc.Run("F/1")

    run.add_tag("good")
    run.remove_tags(["a b"])
    run.replace_tag("nightly", "daily")

    assert run.user_tags == flowc.Run("F/1").user_tags == {"good", "daily"}
    told = json.loads((tagged.store / "F/1/_meta/_self.json").read_text())
    assert sorted(told["tags"]) == ["daily", "good"]


@pytest.mark.usefixtures("tagged")
def test_a_retried_first_task_keeps_changed_tags(tagged: Project) -> None:
    flowc.Run("F/1").add_tag("good")

    tagged.step("start", "t", "--tag", "nightly", attempt=1)

    assert "good" in flowc.Run("F/1").tags


@pytest.mark.usefixtures("tagged")
def test_some_tags_cannot_be() -> None:
    run = flowc.Run("F/1")

    with pytest.raises(TaggingError, match="a tag of the system cannot be removed: user:ada"):
        run.remove_tag("user:ada")
    with pytest.raises(TaggingError, match="must not be empty"):
        run.add_tag("")
    with pytest.raises(TaggingError, match="at most 500 characters, not 501"):
        run.add_tag(501 * "x")
    with pytest.raises(TaggingError, match="at most 50 tags, not 52"):
        run.add_tags(map(str, range(50)))


def test_a_tag_that_cannot_be_is_refused(project: Project) -> None:
    project.linear("@step\ndef start(self): ...\n", "start")

    done = project.step("start", "t", "--tag", "")

    assert (done.returncode, done.stderr) == (64, "flowc: a tag must not be empty\n")


def test_tags_may_come_from_the_environment(project: Project) -> None:
    project.linear("@step\ndef start(self): self.tags = current.tags\n", "start")

    project.step("start", FLOWC_TAG="a b\nc")

    assert project.artifact("tags", "start") == {"a b", "c"}


def test_a_production_deployment_has_a_namespace_of_its_own(project: Project) -> None:
    project.linear(
        "@step\ndef start(self): self.seen = (current.namespace, get_namespace())\n", "start"
    )

    project.step("start", METAFLOW_PRODUCTION_TOKEN="secret-1")

    assert project.artifact("seen", "start") == ("production:secret-1", "production:secret-1")
    assert (
        "production:secret-1"
        in json.loads(project.stored("1/_flowc/about.json") or b"")["system_tags"]
    )
