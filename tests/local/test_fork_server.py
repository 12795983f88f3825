"""The process that tasks are forked from, and what happens where there is none."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pythons import VERSIONS, bare

import flowc
from flowc.local.engine import run
from flowc.local.events import TaskLine, TaskRetried
from flowc.local.settings import RunSettings

from .conftest import is_alive, read
from .test_engine import is_running, many, one
from .test_forks import PARENT, flow_of, lines
from .test_interrupt import start_sleepers

if TYPE_CHECKING:
    from .conftest import Lab


def open_files() -> list[str]:
    return sorted(file.name for file in Path("/proc/self/fd").iterdir())


def children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def test_many_tasks_leave_nothing_behind(lab: Lab) -> None:
    before = (open_files(), children())
    source = many("pass", 100).replace(
        "self.count = len(list(inputs))",
        "server = os.getppid()\n"
        "            print(open(f'/proc/{server}/task/{server}/children').read().split())\n"
        "            print(os.getpid(), len(os.listdir(f'/proc/{server}/fd')))",
    )

    assert lab.run(source).succeeded

    served, (task, files) = lines(lab)[0], lines(lab)[1].split()
    assert served == f"['{task}']"
    # Three streams, the control socket, a pipe, and the channel of the task itself.
    assert int(files) == 7
    assert (open_files(), children()) == before


def test_without_the_server_tasks_are_started_one_by_one(lab: Lab) -> None:
    body = f"""
if current.retry_count == 0:
    print(os.getpid())
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(300)
print("flowc.runtime.fork_server" in {PARENT})
"""

    result = lab.run(flow_of(lab, body, "@retry(times=1)"))

    assert result.succeeded
    assert [event.exit_code for event in lab.told(TaskRetried)] == [-9]
    process, is_fork = lines(lab)
    assert not is_running(int(process))
    assert is_fork == "False"
    assert [e.text for e in lab.told(TaskLine) if e.stream == "stderr"] == [
        "flowc: the task was killed, since the process that forks tasks has ended"
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_other_versions_of_python_serve_too(
    lab: Lab, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = bare(version)
    if not python:
        pytest.skip(f"no Python {version} on this machine")
    monkeypatch.setenv("PYTHONPATH", str(Path(flowc.__file__).parents[1]))
    body = f"print('flowc.runtime.fork_server' in {PARENT}, sys.version_info[:2], os.getpid())"
    flow = read(lab.write(many(body, 3)))
    settings = RunSettings("1", lab.store, lab.folder, python=python)

    result = run(flow, settings, lab.events.append)

    assert result.succeeded
    found = [line.rpartition(" ") for line in lines(lab)]
    assert {way for way, _, _ in found} == {f"True ({version.replace('.', ', ')})"}
    assert len({process for _, _, process in found}) == 3
    assert not lab.told(TaskRetried)


def test_a_python_that_cannot_serve_starts_each_task(lab: Lab) -> None:
    python = lab.folder / "python"
    python.write_text(
        f'#!/bin/sh\ncase $2 in *fork_server) exit 3;; esac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    flow = read(lab.write(many(f"print('flowc.runtime.fork_server' in {PARENT})", 3)))
    settings = RunSettings("1", lab.store, lab.folder, python=str(python))

    result = run(flow, settings, lab.events.append)

    assert result.succeeded
    assert lines(lab) == ["False"] * 3


def test_a_python_with_threads_of_its_own_starts_each_task(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=[9], daemon=True)"
    (lab.folder / "sitecustomize.py").write_text(f"{thread}.start()\n")
    monkeypatch.setenv("PYTHONPATH", str(lab.folder))

    result = lab.run(many(f"print('flowc.runtime.fork_server' in {PARENT})", 2))

    assert result.succeeded
    assert lines(lab) == ["False"] * 2


def test_a_python_without_flowc_fails_the_task_and_says_why(lab: Lab) -> None:
    flow = read(lab.write(one("pass")))
    settings = RunSettings("1", lab.store, lab.folder, python="/bin/cat")

    (failure,) = run(flow, settings, lab.events.append).failures

    assert failure.exit_code == 1
    assert "invalid option -- 'm'" in failure.log.read_text()


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_parameters_of_any_size_reach_their_task(lab: Lab, size: int) -> None:
    flow = read(lab.write(one("print(len(self.word))", "word = Parameter('word', default='')")))
    settings = RunSettings("1", lab.store, lab.folder, parameters={"word": "x" * size})

    run(flow, settings, lab.events.append)

    assert lines(lab) == [str(size)]


def test_what_a_killed_engine_has_started_ends_with_it(lab: Lab) -> None:
    running, pids = start_sleepers(lab, "pass")
    servers = {int(Path(f"/proc/{pid}/stat").read_text().split()[3]) for pid in pids[::2]}

    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=20)

    assert len(servers) == 1
    deadline = time.monotonic() + 10
    while any(map(is_alive, (*servers, *pids))) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(is_alive, (*servers, *pids)))
