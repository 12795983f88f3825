"""Runs of the command line whose store is a bucket."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from local.conftest import HEADER
from s3_server import settings

from flowc.history.choice import choose_run, choose_tasks
from flowc.history.reader import Reader
from flowc.history.runs import State
from flowc.runtime.mflog import plain
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from s3_server import Server

FLOW = f"""{HEADER}
class F(FlowSpec):
    fails = Parameter("fails", default=0)

    @retry(times=1)
    @step
    def start(self):
        print("hello", current.retry_count)
        if current.retry_count == 0:
            raise ValueError("first")
        self.xs = [1, 2]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.y = 1 / (self.input - self.fails)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [each.y for each in inputs]
        self.next(self.end)

    @step
    def end(self): ...


if __name__ == "__main__":
    F()
"""


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "flow.py").write_text(FLOW)
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", "flow.py", *words],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(scratch), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert list(scratch.iterdir()) == []
    return done


def test_plan_and_logs_lie_beside_what_tasks_leave(tmp_path: Path, s3: Server) -> None:
    bucket = s3.bucket()

    done = run(tmp_path, "--datastore-root", f"s3://{bucket}/runs/")

    assert done.returncode == 0, done.stderr
    where = re.search(rf"Results: s3://{bucket}/(runs/F/\d+)\n", done.stderr)
    assert where, done.stderr
    base = where[1]
    assert json.loads(s3.get(bucket, f"{base}/_flowc/plan.json"))["flow"] == "F"
    assert plain(s3.get(bucket, f"{base}/start/t/0.task_stdout.log")) == b"hello 0\n"
    assert plain(s3.get(bucket, f"{base}/start/t/1.task_stdout.log")) == b"hello 1\n"
    assert b"ValueError: first" in s3.get(bucket, f"{base}/start/t/0.task_stderr.log")
    assert sum(".task_" in key for key in s3.keys(bucket, base)) == 2 * 6
    assert f"{base}/_flowc/done/end/t.json" in s3.keys(bucket)
    assert {path.name for path in tmp_path.iterdir()} == {"flow.py", "tmp", ".metaflow"}


def test_a_folder_has_the_same_names(tmp_path: Path, s3: Server) -> None:
    bucket = s3.bucket()
    run(tmp_path, "--datastore-root", f"s3://{bucket}")
    done = run(tmp_path, "--datastore-root", "store")

    assert done.returncode == 0, done.stderr
    root = tmp_path / "store"
    names = [str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()]
    # Only in folders does Metaflow's Client look for metadata.
    of_folders = [name for name in names if "/_meta/" in name]
    assert _without_run(set(names) - set(of_folders)) == _without_run(s3.keys(bucket))


def test_a_run_that_goes_on_is_running_until_its_engine_is_silent(
    tmp_path: Path, s3: Server
) -> None:
    url = f"s3://{s3.bucket()}/runs"
    store, reader = open_store(url), Reader(url)
    waiting = FLOW.replace('print("hello", current.retry_count)', "import time; time.sleep(600)")
    (tmp_path / "flow.py").write_text(waiting)
    words = [sys.executable, "-m", "flowc", "run", "flow.py", "--datastore-root", url]
    engine = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        while not reader.names("F") or not store.names(f"F/{reader.names('F')[0]}/_flowc/attempts"):
            assert engine.poll() is None
            time.sleep(0.05)
        lock = f"F/{reader.names('F')[0]}/_flowc/run.lock"
        found = choose_run(reader, "latest")
        assert found.state is State.RUNNING
        assert [task.state for task in choose_tasks(reader, found, "")] == [State.RUNNING]
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait()
    assert choose_run(reader, "latest").state is State.INTERRUPTED

    entries = json.loads(store.read(lock) or b"")
    store.write(lock, json.dumps({**entries, "beat": entries["beat"] - 1000}).encode())
    s3.client.delete_object(
        Bucket=url.split("/")[2], Key=f"runs/{lock}".replace("run.lock", "run.json")
    )
    assert choose_run(reader, "latest").state is State.LOST


def test_a_failure_names_its_log_in_the_bucket(tmp_path: Path, s3: Server) -> None:
    bucket = s3.bucket()

    done = run(tmp_path, "--datastore-root", f"s3://{bucket}", "--fails", "2")

    assert done.returncode == 1
    assert "ZeroDivisionError: division by zero" in done.stderr
    log = re.search(rf"Log: s3://{bucket}/(\S+)", done.stderr)
    assert log, done.stderr
    assert b"ZeroDivisionError" in s3.get(bucket, log[1])


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_a_mistake_in_the_call(tmp_path: Path) -> None:
    done = run(tmp_path, "--datastore-root", "s3://no-such-bucket")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no bucket `no-such-bucket` at 127.0.0.1" in done.stderr


def test_an_endpoint_that_is_down_is_told_in_one_line(tmp_path: Path) -> None:
    environment = {**settings("http://key:s3cret@127.0.0.1:9"), "AWS_MAX_ATTEMPTS": "1"}

    done = run(tmp_path, "--datastore-root", "s3://bucket", **environment)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "bucket `bucket` cannot be reached at 127.0.0.1:9" in done.stderr
    assert "s3cret" not in done.stderr


def _without_run(names: Iterable[str]) -> list[str]:
    # The digest of what depends on the time differs, too.
    runs = [re.sub(r"^F/\d+/", "F/RUN/", name) for name in names]
    return sorted(name for name in runs if not name.startswith("F/data/"))


def test_a_run_in_a_bucket_is_resumed(tmp_path: Path, s3: Server) -> None:
    root = ("--datastore-root", f"s3://{s3.bucket()}/runs")
    origin = run(tmp_path, *root, "--fails", "2")

    done = run(tmp_path, *root, "--resume", "latest", "--max-workers", "1")

    assert "start/t cloned from" in done.stderr
    assert "fit/t.0 cloned from" in done.stderr
    assert "failed in 1 of 1 tasks, 2 cloned from" in done.stderr
    assert (origin.returncode, done.returncode) == (1, 1)
    other = run(tmp_path, *root, "--resume", "latest", "--fails", "1")
    assert "--fails 1 differs from `2` in F/" in other.stderr
