"""Signals: tasks that are told to end, or are killed, wherever they are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.conftest import Site

SOURCE = """
class F(FlowSpec):
    @step
    def start(self):
        import re, subprocess, time
        print("ready", flush=True)
        {code}
        self.next(self.end)

    @step
    def end(self):
        pass
"""
# What keeps a signal from Python's own handlers, in one way or another.
BUSY = {
    "Python": "while True: pass",
    "sleep": "time.sleep(60)",
    "C": "re.match('(a*)*b', 'a' * 60)",
    "subprocess": "subprocess.run(['sleep', '60'])",
    "thread": "import _thread; _thread.start_new_thread(time.sleep, (60,)); time.sleep(60)",
}
IN_NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def started(site: Site, *before: str) -> subprocess.Popen[bytes]:
    words = ("step", "start", "--plan", "plan.json", "--store", "store", "--run", "1")
    running = subprocess.Popen(
        [*before, sys.executable, "-m", "flowc.runtime", *words, "--path", "t"],
        cwd=site.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert running.stdout
    assert running.stdout.readline() == b"ready\n", running.communicate()
    return running


def end(running: subprocess.Popen[bytes], told: int) -> int:
    """The exit code after a process of a task was told to end, long before it would by itself."""
    os.kill(told, signal.SIGTERM)
    try:
        return running.wait(timeout=50)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()


@pytest.mark.parametrize("code", BUSY.values(), ids=BUSY)
def test_a_task_ends_when_it_is_told_to(site: Site, code: str) -> None:
    site.write(SOURCE.format(code=code))

    running = started(site)

    assert end(running, running.pid) == -signal.SIGTERM
    assert site.record("done", "start") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser makes namespaces")
@pytest.mark.parametrize("name", ["sleep", "C", "subprocess"])
def test_the_first_process_of_a_container_ends_as_well(site: Site, name: str) -> None:
    site.write(SOURCE.format(code=BUSY[name]))
    running = started(site, *IN_NAMESPACE)

    assert end(running, next(children(running.pid))) == 128 + signal.SIGTERM
    assert site.record("done", "start") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser makes namespaces")
@pytest.mark.parametrize(("code", "expected"), [("pass", 0), ("raise SystemExit(3)", 1)])
def test_a_container_ends_with_the_exit_code_of_its_task(
    site: Site, code: str, expected: int
) -> None:
    site.write(SOURCE.format(code=code))
    running = started(site, *IN_NAMESPACE)

    assert (running.wait(), running.communicate()[0]) == (expected, b"")


def children(pid: int) -> Iterator[int]:
    yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
