"""A whole flow whose tasks meet in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from s3_server import Server

import flowc

if TYPE_CHECKING:
    from runtime.conftest import Project

SOURCE = """
n = Parameter("n", default=3)

@step
def start(self):
    self.large = [str(i) * 100 for i in range(60_000)]
    self.xs = list(range(self.n))
    self.next(self.fit, foreach="xs")

@step
def fit(self):
    self.y = self.input * 10 + len(self.large)
    self.next(self.join)

@step
def join(self, inputs):
    self.ys = [each.y for each in inputs]
    self.merge_artifacts(inputs, exclude=["y"])
    self.rounds = 0
    self.next(self.again)

@step
def again(self):
    self.rounds += 1
    self.go = "again" if self.rounds < 2 else "end"
    self.next({"again": self.again, "end": self.end}, condition="go")

@step
def end(self):
    if current.retry_count == 0:
        raise ValueError(self.rounds)
"""
STEPS = {
    "start": {"kind": "foreach", "next": ["fit"], "artifact": "xs"},
    "fit": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "linear", "next": ["again"], "join": True},
    "again": {"kind": "switch", "next": ["again", "end"], "artifact": "go"},
    "end": {"kind": "end", "catch": {"artifact": "failure"}},
}
BODY = [
    {"task": "start", "emits": "count"},
    {"foreach": "start", "body": [{"task": "fit"}]},
    {"task": "join"},
    {"loop": "again", "to": "again", "body": [{"task": "again", "emits": "next"}]},
    {"switch": "again", "arms": {"end": [{"task": "end"}]}},
]


@pytest.fixture
def bucket(project: Project, s3: Server) -> str:
    bucket = s3.bucket()
    project.url = f"s3://{bucket}/runs"
    project.write(SOURCE, STEPS, BODY)
    return bucket


def test_a_flow_runs_in_a_bucket(
    project: Project, s3: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = project.run("--param", "n=4")

    assert ran[0] == "start t"
    assert len(ran) == 9
    assert project.artifact("ys", "join") == [60_000, 60_010, 60_020, 60_030]
    assert project.artifact("rounds", "end") == 2
    assert project.artifact("failure", "end").exception == "2"
    assert project.record("done", "end")["caught"] is True
    assert all(key.startswith("runs/F/") for key in s3.keys(bucket))
    assert not project.store.exists()

    monkeypatch.setenv("FLOWC_STORE", project.url)
    run = flowc.Flow("F").latest_successful_run
    assert run
    assert sorted(task.data.y for task in run["fit"]) == project.artifact("ys", "join")
    assert len(run["start"].task.data.large) == 60_000


def test_a_folder_holds_the_same_as_a_bucket(project: Project, s3: Server, bucket: str) -> None:
    project.run()
    project.url = str(project.store)
    project.run()

    files = [file for file in project.store.rglob("*") if file.is_file()]
    keys = s3.keys(bucket)
    more = {f"runs/{file.relative_to(project.store)}" for file in files}.difference(keys)
    # Only a folder is read by Metaflow's Client, which wants files and artifacts of its own.
    assert len(files) == len(keys) + len(more)
    assert {key for key in more if "/_meta/" not in key and "/data/" not in key} == set()
    blobs = [key for key in keys if "/data/" in key]
    assert len(blobs) > 10
    for key in blobs:
        assert s3.get(bucket, key) == (project.store / key.removeprefix("runs/")).read_bytes()
