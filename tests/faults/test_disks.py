"""Disks that are full, read-only or closed to the user: one line, and nothing half done."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.conftest import ROOT

if TYPE_CHECKING:
    from faults.conftest import Site

SOURCE = """
class F(FlowSpec):
    @step
    def start(self):
        self.xs = [1, 2]
        self.big = os.urandom(int(os.environ.get("BYTES", 9_000_000)))
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
LINEAR = """
class F(FlowSpec):
    @step
    def start(self):
        self.big = os.urandom(int(os.environ.get("BYTES", 1_000)))
        self.next(self.end)

    @step
    def end(self):
        pass
"""
FULL = "No space left on device"
TO_ENGINE = "flowc: the engine cannot be told what was decided, in"
# As the superuser, the tests see no permissions, and as another no file systems of their own.
IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only the superuser mounts file systems")


def test_a_full_disk_is_told_wherever_it_is_noticed(site: Site) -> None:
    site.write(SOURCE)
    for number in range(1, 1000):
        before = site.log()
        code = site.step("start", kill=number, error=errno.ENOSPC)
        if code == 0:
            break
        said = site.log().removeprefix(before)
        assert code == 1, said
        in_store = f"flowc: folder {site.store} is full (No space left on device: "
        assert said.startswith(in_store) or said == f"{TO_ENGINE} {site.folder}/control: {FULL}\n"
        assert said.count("\n") == 1
    assert number > 20

    assert site.values("start")["xs"] == [1, 2]
    assert site.step("fit", "t.1") == 0, site.log()


ERRORS = {
    errno.EDQUOT: (1, "has used up its quota (Disk quota exceeded"),
    errno.EIO: (1, "fails (Input/output error"),
    errno.EROFS: (64, "is read-only (Read-only file system"),
    errno.EACCES: (64, "does not let user"),
    errno.ENOTDIR: (64, "is no folder, or has a file where it needs one (Not a directory"),
}


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
def test_what_the_system_refuses_is_told_in_one_line(site: Site, error: int) -> None:
    site.write(LINEAR)
    code, said = ERRORS[error]

    assert site.step("start", kill=1, error=error) == code

    assert f"flowc: folder {site.store} {said}" in site.log()
    assert site.log().count("\n") == 1


def test_a_control_folder_that_cannot_be_written_to_is_told(site: Site) -> None:
    site.write(SOURCE)
    launch = site.launch("start")
    launch["words"][-1] = "/proc/control"

    assert site.run(launch) == [1]

    assert site.log() == f"{TO_ENGINE} /proc/control: No such file or directory\n"


def on_a_small_disk(
    folder: Path, *words: str, then: str = "true", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command where `store` is a file system of 200 kB of its own, after `then` was."""
    script = f'mount -t tmpfs -o size=200k tmpfs store && {then} && exec "$@"'
    (folder / "store").mkdir(exist_ok=True)
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"no file systems are mounted here: {done.stderr}")
    return done


SHIM = ("-m", "flowc.runtime", "step", "start", "--plan", "plan.json", "--store", "store")
TASK = (*SHIM, "--run", "1", "--path", "t")
RUN = ("-m", "flowc", "run", "flow.py", "--datastore-root", "store")
READ_ONLY = "mount -o remount,ro store"


@needs_root
@pytest.mark.parametrize("size", ["250000", "9000000"])
def test_a_task_on_a_full_disk_says_so(site: Site, size: str) -> None:
    site.write(LINEAR)

    done = on_a_small_disk(site.folder, *TASK, BYTES=size)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert f"folder {site.store} is full (No space left on device" in done.stderr


@needs_root
def test_a_task_on_a_read_only_disk_is_not_tried_again(site: Site) -> None:
    site.write(LINEAR)

    done = on_a_small_disk(site.folder, *TASK, then=READ_ONLY)

    assert (done.returncode, done.stderr.count("\n")) == (64, 1), done.stderr
    assert f"folder {site.store} is read-only (Read-only file system" in done.stderr


@needs_root
def test_a_run_on_a_full_disk_fails_with_what_its_tasks_say(site: Site) -> None:
    site.write(LINEAR)

    done = on_a_small_disk(site.folder, *RUN, BYTES="250000")

    assert done.returncode == 1
    assert f"folder {site.store} is full (No space left on device" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


@needs_root
def test_lines_are_told_where_their_log_cannot_be_kept(site: Site) -> None:
    big = 'self.big = os.urandom(int(os.environ.get("BYTES", 1_000)))'
    site.write(LINEAR.replace(big, "print('x' * 300_000, 'all of it', sep='\\n')"))

    done = on_a_small_disk(site.folder, *RUN)

    told = done.stderr + done.stdout
    assert "all of it" in told
    assert "0.task_stdout.log: No space left on device" in told
    assert "Traceback" not in told


@needs_root
def test_a_run_on_a_read_only_disk_does_not_start(site: Site) -> None:
    site.write(LINEAR)

    done = on_a_small_disk(site.folder, *RUN, then=READ_ONLY)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Read-only file system" in done.stderr


COMMANDS = [("runs",), ("logs", "F/latest"), ("artifacts", "F/latest")]


@needs_root
@pytest.mark.parametrize("words", COMMANDS, ids=["runs", "logs", "artifacts"])
def test_a_store_that_may_not_be_read_is_told(site: Site, words: tuple[str, ...]) -> None:
    site.write(LINEAR)
    assert [site.step("start"), site.step("end")] == [0, 0], site.log()
    (site.store / "F").chmod(0)
    drop = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")

    done = subprocess.run(
        [*drop, sys.executable, "-m", "flowc", *words, "--datastore-root", str(site.store)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "Permission denied" in done.stderr
