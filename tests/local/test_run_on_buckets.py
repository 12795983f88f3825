"""Runs of the command line in a bucket of Google's or a container of Azure's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from runtime.test_s3_failures import Answer, answering

from flowc.runtime.errors import RefusalError, StoreError
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
from flowc import FlowSpec, step


class F(FlowSpec):
    @step
    def start(self):
        self.large = "x" * 10_000_000
        self.xs = [1, 2]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        print("fits", self.input)
        self.y = self.input * len(self.large)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [each.y for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        from flowc import Run, current
        assert Run(f"F/{current.run_id}")["join"].task.data.ys == self.ys
        print(self.ys)
"""


def flowc(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "flow.py").write_text(FLOW)
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", ["gcs", "azure"])
def test_a_run_and_its_history_lie_in_a_bucket(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = f"{request.getfixturevalue(kind).bucket()}/runs"

    done = flowc(tmp_path, "run", "flow.py", "--datastore-root", url)
    runs = flowc(tmp_path, "runs", "--datastore-root", url, "--format", "json")
    logs = flowc(tmp_path, "logs", "latest", "end", "--datastore-root", url)

    assert done.returncode == 0, done.stderr
    assert f"Results: {url}/F/" in done.stderr
    (run,) = json.loads(runs.stdout)
    assert (run["state"], run["tasks_done"]) == ("finished", 5)
    assert logs.stdout == "[10000000, 20000000]\n"


@pytest.mark.parametrize("kind", ["gcs", "azure"])
def test_a_bucket_that_is_not_there_is_a_mistake_in_the_call(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    scheme = request.getfixturevalue(kind).bucket().partition("://")[0]

    done = flowc(tmp_path, "run", "flow.py", "--datastore-root", f"{scheme}://no-such-bucket/a")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"there is no bucket or container `{scheme}://no-such-bucket`" in done.stderr


@pytest.mark.parametrize("kind", ["gcs", "azure"])
def test_a_denial_is_told_in_one_line(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
) -> None:
    server = request.getfixturevalue(kind)
    scheme = server.bucket().partition("://")[0]
    with answering(Answer(403, body=b"{}")) as (url, asked):
        for name, text in server.variables.items():
            monkeypatch.setenv(name, re.sub(r"http://[^/;]*", url, text))

        done = flowc(tmp_path, "runs", "--datastore-root", f"{scheme}://box")

    assert asked
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"access to `{scheme}://box` is denied (" in done.stderr


@pytest.mark.parametrize(("scheme", "extra"), [("gs", "gcs"), ("az", "azure"), ("abfs", "azure")])
def test_the_extra_that_is_missing_is_named(tmp_path: Path, scheme: str, extra: str) -> None:
    (tmp_path / "fsspec.py").write_text("raise ModuleNotFoundError(name='fsspec')")
    (tmp_path / "flow.py").write_text(FLOW)

    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", "--datastore-root", f"{scheme}://bucket"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"a store at `{scheme}://` needs `flowc[{extra}]`" in done.stderr


@pytest.mark.parametrize("url", ["gs://", "az:///prefix", "abfs://box@account.example/runs"])
def test_a_bucket_must_have_a_name(url: str) -> None:
    with pytest.raises(RefusalError, match="no bucket is named; a store is"):
        open_store(url)


def test_settings_that_are_of_no_use_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith("AZURE_")]:
        monkeypatch.delenv(name)

    with pytest.raises(RefusalError, match=r"the settings for `az://box` are not taken"):
        open_store("az://box/runs")


class AnswerError(Exception):
    def __init__(self, status: Any) -> None:
        super().__init__("https://example/?sig=s3cret")
        self.status_code = status


@pytest.mark.parametrize(
    ("raised", "expected", "text"),
    [
        (AnswerError(403), RefusalError, "access to `gs://box` is denied (AnswerError 403)"),
        (PermissionError("s3cret"), RefusalError, "is denied (PermissionError)"),
        (AnswerError("503"), StoreError, "cannot be reached, or fails (AnswerError 503)"),
        (OSError("s3cret"), StoreError, "cannot be reached, or fails (OSError)"),
    ],
)
def test_errors_are_told_in_words_of_flowc(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, expected: type[Exception], text: str
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    store: Any = open_store("gs://box/runs")

    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(store._files, "cat_file", fail)

    with pytest.raises(expected) as told:
        store.read("key")

    assert text in str(told.value)
    assert "s3cret" not in str(told.value)
