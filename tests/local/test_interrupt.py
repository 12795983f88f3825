"""Ctrl-C and SIGTERM: everything that the run started ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from .conftest import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Lab

# Runs a flow as the command does; the exit code tells an interruption from a failure.
RUN = """
import signal
import sys
from pathlib import Path
from flowc import driver
from flowc.local.engine import run
from flowc.local.settings import RunSettings
from flowc.progress.view import live_view

# What starts the tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
file, store = map(Path, sys.argv[1:])
flow = driver.read_flow(str(file)).flow
with live_view(flow) as listener:
    result = run(flow, RunSettings("1", store, file.parent, max_workers=3), listener)
sys.exit(130 if result.interrupted else 0 if result.succeeded else 1)
"""

SLEEPERS = """
    class SleepFlow(FlowSpec):
        @step
        def start(self):
            self.items = list(range(6))
            self.next(self.sleep, foreach="items")

        @retry(times=3)
        @step
        def sleep(self):
            {first}
            child = subprocess.Popen(["sleep", "300"])
            print("pids", os.getpid(), child.pid)
            child.wait()
            self.next(self.join)

        @step
        def join(self, inputs):
            self.next(self.end)

        @step
        def end(self):
            pass
"""

SHORT = """
    class ShortFlow(FlowSpec):
        @step(start=True, end=True)
        def only(self):
            print("ready")
            time.sleep(1)
"""

STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_tasks_and_their_children(lab: Lab, number: signal.Signals) -> None:
    running, pids = start_sleepers(lab, "pass")

    running.send_signal(number)
    said = running.communicate(timeout=20)[1]

    assert running.returncode == 130
    assert len(pids) == 6
    assert not any(map(is_alive, pids))
    assert "SleepFlow 1 was interrupted after 1 task in" in said
    assert "trying again" not in said


def test_a_second_signal_kills_tasks_that_withstand_the_first(lab: Lab) -> None:
    running, pids = start_sleepers(lab, STUBBORN)

    running.send_signal(signal.SIGINT)
    time.sleep(0.5)
    was_running = running.poll() is None
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=4)

    assert was_running
    assert running.returncode == 130
    assert not any(map(is_alive, pids))


def test_tasks_that_withstand_one_signal_are_killed_in_the_end(lab: Lab) -> None:
    running, pids = start_sleepers(lab, STUBBORN)

    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)

    assert running.returncode == 130
    assert not any(map(is_alive, pids))


def test_a_signal_that_was_ignored_stays_so(lab: Lab) -> None:
    file = lab.write(SHORT)
    words = ["nohup", sys.executable, "-c", RUN, file, lab.store]
    running = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert running.stderr
    while "ready" not in running.stderr.readline():
        pass

    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=20)

    assert running.returncode == 0


def start_sleepers(lab: Lab, first: str) -> tuple[subprocess.Popen[str], list[int]]:
    file = lab.write(SLEEPERS.format(first=first))
    running = subprocess.Popen(
        [sys.executable, "-c", RUN, file, lab.store], stderr=subprocess.PIPE, text=True
    )
    assert running.stderr
    return running, list(first_pids(iter(running.stderr.readline, ""), 3))


def first_pids(lines: Iterator[str], tasks: int) -> Iterator[int]:
    while tasks:
        words = next(lines).split()
        if "pids" in words:
            tasks -= 1
            yield from map(int, words[-2:])
