"""Regions in one container: the same tasks as elsewhere, and on where they were interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from runtime.conftest import ROOT

from flowc.runtime.mflog import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtime.conftest import Project
    from s3_server import Server

HEADER = "import os, signal, sys, time\nfrom flowc import *\n"
FOREACH = """
@step
def start(self):
    self.items = list(range({width}))
    self.next(self.work, foreach="items")

@step
def work(self):
    {body}
    self.next(self.join)

@step
def join(self, inputs):
    self.ys = [each.y for each in inputs]
"""
LOOP = """
@step
def start(self):
    self.rounds = 0
    self.next(self.turn)

@step
def turn(self):
    self.rounds += 1
    {body}
    self.choice = "more" if self.rounds < 4 else "stop"
    self.next({{"more": self.turn, "stop": self.end, "never": self.other}}, condition="choice")

@step
def other(self):
    self.next(self.end)

@step
def end(self): ...
"""
STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as region:
            region.terminate()
            region.wait(20)


def write_foreach(project: Project, body: str, width: int = 5, **said: Any) -> None:
    steps = {
        "start": {"kind": "foreach", "next": ["work"], "artifact": "items"},
        "work": {"kind": "linear", "next": ["join"], **said},
        "join": {"kind": "end", "join": True},
    }
    body = body.replace("\n", "\n    ")
    project.write(
        FOREACH.format(width=width, body=body),
        steps,
        [{"task": "start"}, {"foreach": "start", "body": [{"task": "work"}]}, {"task": "join"}],
        header=HEADER,
    )
    assert project.step("start").returncode == 0


def write_loop(project: Project, body: str, **said: Any) -> None:
    steps = {
        "start": {"kind": "linear", "next": ["turn"]},
        "turn": {
            "kind": "switch",
            "next": ["turn", "end", "other"],
            "artifact": "choice",
            **said,
        },
        "other": {"kind": "linear", "next": ["end"]},
        "end": {"kind": "end"},
    }
    loop = {"loop": "turn", "to": "turn", "body": [{"task": "turn"}]}
    exits = {"switch": "turn", "arms": {"end": [], "other": [{"task": "other"}]}}
    project.write(
        LOOP.format(body=body.replace("\n", "\n    ")),
        steps,
        [{"task": "start"}, loop, exits, {"task": "end"}],
        header=HEADER,
    )
    assert project.step("start").returncode == 0


def words(project: Project, at: str, *more: str) -> list[str]:
    options = ["--plan", "plan.json", "--store", project.url, "--run", "1", "--path", "t"]
    return ["region", at, *options, "--wait", "0", *more]


def run(project: Project, at: str, *more: str) -> subprocess.CompletedProcess[str]:
    return project.shim(*words(project, at, *more))


def start(project: Project, at: str, *more: str) -> subprocess.Popen[str]:
    region = subprocess.Popen(
        [sys.executable, "-m", "flowc.runtime", *words(project, at, *more)],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    STARTED.append(region)
    return region


def heard(region: subprocess.Popen[str], wanted: str) -> str:
    """The first line that the region passes on of that kind."""
    assert region.stdout
    while wanted not in (line := region.stdout.readline()):
        assert line, f"nothing says {wanted}"
    return line


def attempts(project: Project) -> list[str]:
    folder = project.store / "F" / "1" / "_flowc" / "attempts"
    return sorted(f"{file.parent.name}/{file.stem}" for file in folder.glob("*/*.json"))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_slots_share_the_indices(project: Project) -> None:
    write_foreach(project, "self.y = (self.input, os.getppid())", width=7)

    for slot in range(3):
        assert run(project, "start", "--slots", "3", f"--slot={slot}").returncode == 0

    assert project.step("join").returncode == 0
    found = project.artifact("ys", "join")
    assert [value for value, _ in found] == list(range(7))
    containers = [pid for _, pid in found]
    assert [containers.count(pid) for pid in dict.fromkeys(containers)] == [2, 2, 3]


def test_an_engine_is_told_no_more_than_the_slots(project: Project) -> None:
    write_foreach(project, "self.y = 1", width=7)
    control = project.folder / "out"

    assert project.step("start", "t", "--slots", "3", "--control", str(control)).returncode == 0

    assert (control / "count").read_text() == "3"
    assert project.record("done", "start")["control"] == {"count": 7}


def test_a_narrow_foreach_has_fewer_slots(project: Project) -> None:
    write_foreach(project, "self.y = self.input", width=2)

    codes = [run(project, "start", "--slots", "5", f"--slot={slot}") for slot in range(3)]

    assert [done.returncode for done in codes] == [0, 0, 64]
    assert codes[2].stderr == "flowc: there is no slot 2 of 2\n"


def test_a_loop_tells_how_it_was_left(project: Project) -> None:
    write_loop(project, "pass")
    control = project.folder / "out"

    done = run(project, "turn", "--control", str(control))

    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_text() for file in control.iterdir()} == {
        "next": "end",
        "path": "t",
    }
    assert project.step("end").returncode == 0
    assert project.artifact("rounds", "end") == 4
    assert project.record("done", "turn", "t.r0")["control"] == {"next": "turn", "path": "t.r1"}
    assert project.record("control", "turn") == {"next": "end", "last": 3}


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_each_task_has_its_attempts_and_its_environment(project: Project, jobs: str) -> None:
    body = """
if current.retry_count < self.input:
    os.kill(os.getpid(), signal.SIGKILL)
self.y = (current.retry_count, os.environ["WORD"])
""".strip()
    said = {"retries": 2, "environment": {"WORD": "hello"}, "catch": {"artifact": "no"}}
    write_foreach(project, body, width=4, **said)

    done = run(project, "start", "--jobs", jobs)

    assert done.returncode == 0, done.stderr
    assert "work/t.1 ended with exit code -9; it is tried again" in done.stderr
    found = [project.artifact("y", "work", f"t.{i}", attempt=i) for i in range(3)]
    assert found == [(0, "hello"), (1, "hello"), (2, "hello")]
    caught = project.artifact("no", "work", "t.3", attempt=3)
    assert caught.type == "flowc.runtime.errors.FailedAttemptsError"


def test_a_step_may_take_so_much_time(project: Project) -> None:
    write_foreach(project, "time.sleep(60)\nself.y = 1", 1, timeout=1, catch={"artifact": "y"})

    assert run(project, "start").returncode == 0

    assert project.artifact("y", "work", "t.0").type == "flowc.runtime.errors.StepTimeoutError"


def test_jobs_run_side_by_side(project: Project) -> None:
    body = """
open(f"here{self.input}", "w").close()
while sum(name.startswith("here") for name in os.listdir()) < 3:
    time.sleep(0.01)
self.y = 1
""".strip()
    write_foreach(project, body, width=3)

    assert run(project, "start", "--jobs", "3").returncode == 0


def test_a_gang_runs_at_once_whatever_the_jobs(project: Project) -> None:
    project.write(
        """
        @step
        def start(self):
            self.next(self.work, num_parallel=3)

        @parallel
        @step
        def work(self):
            self.y = (current.parallel.node_index, current.parallel.num_nodes)
            self.next(self.join)

        @step
        def join(self, inputs):
            self.ys = [each.y for each in inputs]
        """,
        {
            "start": {"kind": "gang", "next": ["work"]},
            "work": {"kind": "linear", "next": ["join"]},
            "join": {"kind": "end", "join": True},
        },
        [
            {"task": "start"},
            {"foreach": "start", "body": [{"task": "work"}], "gang": True},
            {"task": "join"},
        ],
    )
    project.step("start")

    assert run(project, "start").returncode == 0
    refused = run(project, "start", "--slots", "2")

    assert project.step("join").returncode == 0
    assert project.artifact("ys", "join") == [(0, 3), (1, 3), (2, 3)]
    assert refused.returncode == 64
    assert "the gang of `start` has no slots" in refused.stderr


def test_output_is_passed_on_and_kept(project: Project) -> None:
    body = "print('item', self.input)\nprint('no end', end='', file=sys.stderr)\nself.y = 1"
    write_foreach(project, body, width=2)

    done = run(project, "start")

    assert done.stdout == "work/t.0 | item 0\nwork/t.1 | item 1\n"
    assert done.stderr == "work/t.0 | no end\nwork/t.1 | no end\n"
    assert plain(project.stored("1/work/t.1/0.task_stdout.log") or b"") == b"item 1\n"
    assert plain(project.stored("1/work/t.1/0.task_stderr.log") or b"") == b"no end"
    words = [sys.executable, "-m", "flowc", "logs", "F/1", "work/t.1", "--stdout"]
    logs = subprocess.run(
        [*words, "--datastore-root", project.url], capture_output=True, text=True, check=True
    )
    assert "item 1\n" in logs.stdout


def test_a_large_log_is_kept_whole(project: Project) -> None:
    write_foreach(project, "print('x' * 9_000_000)\nself.y = 1", width=1)

    assert run(project, "start").returncode == 0

    kept = plain(project.stored("1/work/t.0/0.task_stdout.log") or b"")
    assert kept == b"x" * 9_000_000 + b"\n"
    assert not list(project.store.glob(".*"))


def test_a_region_runs_in_a_bucket(project: Project, s3: Server) -> None:
    project.url = f"s3://{s3.bucket()}/runs"
    write_foreach(project, "print('item', self.input)\nself.y = self.input", width=2)

    done = run(project, "start", "--jobs", "2")

    assert done.returncode == 0, done.stderr
    assert project.step("join").returncode == 0
    assert project.artifact("ys", "join") == [0, 1]
    assert plain(project.stored("1/work/t.1/0.task_stdout.log") or b"") == b"item 1\n"


def test_a_task_that_fails_for_good_ends_its_region(project: Project) -> None:
    write_foreach(project, "1 / (self.input - 1)\nself.y = 1", width=3, retries=1)

    done = run(project, "start")

    assert done.returncode == 64
    assert done.stderr.endswith(
        "flowc: task `work` at `t.1` failed after 2 attempts, with exit code 1\n"
    )
    assert project.record("done", "work", "t.0")
    assert attempts(project) == ["start/t@0", "work/t.0@0", "work/t.1@0", "work/t.1@1"]


def test_an_interrupted_region_goes_on_where_it_was(project: Project) -> None:
    body = """
print("turn", self.rounds, flush=True)
while self.rounds == 3 and not os.path.exists("go"):
    time.sleep(0.02)
""".strip()
    write_loop(project, body)
    region = start(project, "turn")
    heard(region, "turn 3")

    region.terminate()
    region.wait(20)
    (project.folder / "go").touch()
    again = run(project, "turn")

    assert again.returncode == 0, again.stderr
    assert [line for line in again.stdout.split("\n") if line] == [
        "turn/t.r2 | turn 3",
        "turn/t.r3 | turn 4",
    ]


def test_a_killed_attempt_counts_but_the_last_is_always_made(project: Project) -> None:
    body = """
print("attempt", current.retry_count, flush=True)
while not os.path.exists("go"):
    time.sleep(0.02)
self.y = current.retry_count
""".strip()
    write_foreach(project, body, width=1, retries=1)
    for attempt in (0, 1, 1):
        region = start(project, "start")
        heard(region, f"attempt {attempt}")
        region.terminate()
        assert region.wait(20) == 128 + signal.SIGTERM

    (project.folder / "go").touch()

    assert run(project, "start").returncode == 0
    assert project.artifact("y", "work", "t.0", 1) == 1


def test_a_finished_region_runs_again_as_a_whole(project: Project) -> None:
    write_foreach(project, "print('item', self.input)\nself.y = 1", width=2)

    first, second = run(project, "start"), run(project, "start")

    assert first.stdout == second.stdout == "work/t.0 | item 0\nwork/t.1 | item 1\n"


@pytest.mark.parametrize("ignores", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_sigterm_ends_the_tasks_too(project: Project, ignores: str) -> None:
    body = f"{ignores}\nprint('pid', os.getpid(), flush=True)\ntime.sleep(300)\nself.y = 1"
    write_foreach(project, body, width=4, retries=2)
    region = start(project, "start", "--jobs", "2")
    pids = [int(heard(region, "pid").split()[-1]) for _ in range(2)]

    region.send_signal(signal.SIGTERM)

    assert region.wait(20) == 128 + signal.SIGTERM
    until(lambda: not any(map(is_running, pids)))
    assert attempts(project) == ["start/t@0", "work/t.0@0", "work/t.1@0"]
    logs = [plain(project.stored(f"1/work/t.{i}/0.task_stdout.log") or b"") for i in range(2)]
    assert sorted(logs) == sorted(f"pid {pid}\n".encode() for pid in pids)


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("at", "more", "message"),
    [
        ("join", [], "step `join` opens no foreach and closes no loop"),
        ("nothing", [], "flow `F` has no step `nothing`; it has start, work, join"),
        ("start", ["--slots", "many"], "option `--slots` needs a number"),
        ("start", ["--param", "a=1"], "unknown argument `--param`"),
        ("start", ["--path", "t.0"], "`t.0` is no path of step `start`"),
    ],
)
def test_what_is_no_region_is_refused(
    project: Project, at: str, more: list[str], message: str
) -> None:
    write_foreach(project, "self.y = 1")

    done = run(project, at, *more)

    assert done.returncode == 64
    assert done.stderr.startswith(f"flowc: {message}")


def test_a_region_reads_the_plan_of_the_compiler(project: Project) -> None:
    from flowc.driver import read_flow
    from flowc.ir.plan import render_plan

    file = project.folder / "flow.py"
    file.write_text(
        """
import os
from flowc import FlowSpec, environment, retry, step

class F(FlowSpec):
    @step
    def start(self):
        self.xs = [1]
        self.next(self.work, foreach="xs")

    @retry(times=1, minutes_between_retries=0.01)
    @environment(vars={"WORD": "hello"})
    @step
    def work(self):
        self.y = os.environ["WORD"]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    )
    flow = read_flow(str(file)).flow
    assert flow
    (project.folder / "plan.json").write_text(render_plan(flow))
    assert project.step("start").returncode == 0

    assert run(project, "start").returncode == 0

    assert project.artifact("y", "work", "t.0") == "hello"
