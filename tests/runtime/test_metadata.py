"""What Metaflow's Client is told of tasks, read from the files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from runtime.conftest import Project

SOURCE = """
@retry(times=1)
@step
def start(self):
    if current.retry_count == 0:
        raise KeyError("early")
    self.xs = ["a", "b"]
    self.next(self.fit, foreach="xs")

@step
def fit(self):
    self.next(self.end)

@step
def end(self, inputs):
    pass
"""
STEPS: dict[str, dict[str, Any]] = {
    "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs", "retries": 1},
    "fit": {"kind": "linear", "next": ["end"]},
    "end": {"kind": "end", "join": True},
}
BODY = [{"task": "start"}, {"foreach": "start", "body": [{"task": "fit"}]}, {"task": "end"}]


@pytest.fixture
def flow(project: Project) -> Project:
    project.write(SOURCE, STEPS, BODY)
    return project


def meta(project: Project, *words: str) -> Path:
    return project.store.joinpath("F", *words, "_meta")


def facts(project: Project, step: str, path: str = "t") -> list[tuple[str, str]]:
    """Fields with what they say, but for those that no test predicts."""
    files = sorted(meta(project, "1", step, path).glob("sysmeta_*"))
    found = [json.loads(file.read_text()) for file in files]
    return [
        (each["field_name"], each["value"])
        for each in found
        if each["field_name"] not in {"ds-root", "ds-type"}
    ]


def test_each_attempt_tells_how_it_ended(flow: Project) -> None:
    assert flow.step("start").returncode == 1
    assert ("attempt_ok", "False") in facts(flow, "start")
    assert flow.step("start", attempt=1).returncode == 0

    assert facts(flow, "start") == [
        *[("attempt-done", "0"), ("attempt-done", "1")],
        *[("attempt", "0"), ("attempt", "1")],
        *[("attempt_ok", "False"), ("attempt_ok", "True")],
    ]
    assert (meta(flow, "1", "start", "t") / "0_artifact__exception.json").exists()
    assert (meta(flow, "1", "start", "t") / "1_artifact_xs.json").exists()


def test_a_place_in_a_foreach_is_told(flow: Project) -> None:
    flow.step("start", attempt=1)
    flow.step("fit", "t.1")

    assert ("foreach-execution-path", "fit:1") in facts(flow, "fit", "t.1")
    assert ("foreach-stack", ["xs=b"]) in facts(flow, "fit", "t.1")


def test_what_is_told_once_stays_as_it_is(flow: Project) -> None:
    flow.step("start", attempt=1)
    file = meta(flow, "1") / "_self.json"
    told = {**json.loads(file.read_text()), "tags": ["mine"]}
    file.write_text(json.dumps(told))

    flow.step("fit", "t.0")

    assert json.loads(file.read_text()) == told


def test_a_late_failure_does_not_hide_the_success_of_the_same_attempt(flow: Project) -> None:
    flow.step("start", attempt=1)
    text = (flow.folder / "flow.py").read_text()
    (flow.folder / "flow.py").write_text(text.replace("retry_count == 0", "retry_count == 1"))
    before = facts(flow, "start")

    assert flow.step("start", attempt=1).returncode == 1

    assert sorted(facts(flow, "start")) == sorted([*before, ("attempt", "1")])


def test_a_success_takes_the_failure_of_the_same_attempt_back(flow: Project) -> None:
    flow.step("start")
    text = (flow.folder / "flow.py").read_text()
    (flow.folder / "flow.py").write_text(text.replace("retry_count == 0", "retry_count == 1"))

    assert flow.step("start").returncode == 0

    assert flow.artifact("_exception", "start") is None
    assert flow.artifact("_success", "start") is True


def test_large_items_are_not_loaded_to_be_shown(project: Project) -> None:
    source = SOURCE.replace('["a", "b"]', '["a" * 100_000, "b"]')
    project.write(source.replace("retry_count == 0", "retry_count < 0"), STEPS, BODY)

    project.run()

    assert not [field for field, _ in facts(project, "fit", "t.0") if field == "foreach-stack"]
    (frame,) = project.artifact("_foreach_stack", "fit", "t.1")
    assert (frame.step, frame.var, frame.num_splits, frame.index) == ("fit", "xs", 2, 1)
    assert frame.value is None


def test_artifacts_lead_to_the_store_that_a_url_names(flow: Project) -> None:
    flow.step("start", "t", "--store", f"file://{flow.store}", attempt=1)

    listed = json.loads((meta(flow, "1", "start", "t") / "1_artifact_xs.json").read_text())
    listing = flow.listing("start", attempt=1)
    assert listed["location"] == f":root:{flow.store}"
    assert (listed["sha"], listed["content_type"]) == (listing["objects"]["xs"], "pickle-v4")
