"""A step at several paths in one container: the same tasks as elsewhere, and what they decided."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from pythons import bare
from runtime.conftest import ROOT
from runtime.test_regions import STARTED, attempts, heard, is_running, until, write_foreach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtime.conftest import Project

LINEAR = {"kind": "linear", "next": ["join"]}
END = {"kind": "end", "join": True}
SELF_LOOP = """
@step
def start(self):
    self.items = [0, 1, 2]
    self.next(self.turn, foreach="items")

@step
def turn(self):
    self.rounds = getattr(self, "rounds", 0) + 1
    print("turn", self.rounds)
    self.choice = "more" if self.rounds <= self.input else "stop"
    self.next({"more": self.turn, "stop": self.join}, condition="choice")

@step
def join(self, inputs):
    self.rounds = [each.rounds for each in inputs]
"""
NESTED = """
@step
def start(self):
    self.items = [1, 2, 3]
    self.next(self.work, foreach="items")

@step
def work(self):
    self.more = list(range(self.input + 1))
    self.next(self.inner, foreach="more")

@step
def inner(self):
    self.next(self.gather)

@step
def gather(self, inputs):
    self.next(self.join)

@step
def join(self, inputs):
    pass
"""
GANG = """
@step
def start(self):
    self.next(self.work, num_parallel=2)

@parallel
@step
def work(self):
    self.next(self.join)

@step
def join(self, inputs):
    pass
"""
WAIT = """
print("attempt", current.retry_count, "of", self.input, flush=True)
while self.input == 1 and not os.path.exists("go"):
    time.sleep(0.02)
self.y = current.retry_count
""".strip()


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as group:
            group.terminate()
            group.wait(20)


def write_self_loop(project: Project) -> None:
    loop = {"loop": "turn", "to": "turn", "body": [{"task": "turn"}]}
    exits = {"switch": "turn", "arms": {"join": []}}
    project.write(
        SELF_LOOP,
        {
            "start": {"kind": "foreach", "next": ["turn"], "artifact": "items"},
            "turn": {"kind": "switch", "next": ["turn", "join"], "artifact": "choice"},
            "join": END,
        },
        [{"task": "start"}, {"foreach": "start", "body": [loop, exits]}, {"task": "join"}],
    )
    assert project.step("start").returncode == 0


def write_nested(project: Project) -> None:
    inner = {"foreach": "work", "body": [{"task": "inner"}]}
    body = [{"task": "work"}, inner, {"task": "gather"}]
    project.write(
        NESTED,
        {
            "start": {"kind": "foreach", "next": ["work"], "artifact": "items"},
            "work": {"kind": "foreach", "next": ["inner"], "artifact": "more"},
            "inner": {"kind": "linear", "next": ["gather"]},
            "gather": {**LINEAR, "join": True},
            "join": END,
        },
        [{"task": "start"}, {"foreach": "start", "body": body}, {"task": "join"}],
    )
    assert project.step("start").returncode == 0


def words(project: Project, paths: str, *more: str, at: str = "work") -> list[str]:
    options = ["--plan", "plan.json", "--store", project.url, "--run", "1", "--path", paths]
    command = "region" if "region" in more else "step"
    rest = [word for word in more if word != "region"]
    return [command, at, *options, "--wait", "0", *rest]


def run(
    project: Project, paths: str, *more: str, at: str = "work"
) -> subprocess.CompletedProcess[str]:
    return project.shim(*words(project, paths, *more, at=at))


def start(project: Project, paths: str, *more: str) -> subprocess.Popen[str]:
    group = subprocess.Popen(
        [sys.executable, "-m", "flowc.runtime", *words(project, paths, *more)],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    STARTED.append(group)
    return group


@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("version", ["", "3.9"])
def test_each_task_has_its_attempts_and_its_environment(
    project: Project, jobs: str, version: str
) -> None:
    project.python = bare(version) if version else project.python
    if not project.python:
        pytest.skip(f"no Python {version} on this machine")
    body = """
if current.retry_count < self.input:
    os.kill(os.getpid(), signal.SIGKILL)
self.y = (current.retry_count, os.environ["WORD"])
""".strip()
    said = {"retries": 2, "environment": {"WORD": "hello"}, "catch": {"artifact": "no"}}
    write_foreach(project, body, width=5, **said)

    done = run(project, "t.0,t.1,t.3", "--jobs", jobs)

    assert done.returncode == 0, done.stderr
    found = [project.artifact("y", "work", f"t.{i}", attempt=i) for i in range(2)]
    assert found == [(0, "hello"), (1, "hello")]
    caught = project.artifact("no", "work", "t.3", attempt=3)
    assert caught.type == "flowc.runtime.errors.FailedAttemptsError"
    assert project.record("done", "work", "t.2") is None


def test_jobs_run_side_by_side(project: Project) -> None:
    body = """
open(f"here{self.input}", "w").close()
while sum(name.startswith("here") for name in os.listdir()) < 3:
    time.sleep(0.01)
self.y = 1
""".strip()
    write_foreach(project, body, width=3)

    assert run(project, "t.0,t.1,t.2", "--jobs", "3").returncode == 0


@pytest.mark.parametrize("place", ["-", "out/return.json"])
def test_what_each_path_decided_is_told_in_order(project: Project, place: str) -> None:
    write_nested(project)

    done = run(project, "t.2,t.0", "--control", place, "--jobs", "2", "--slots", "3")

    assert done.returncode == 0, done.stderr
    file = project.folder / "out" / "return.json"
    told = done.stdout.splitlines()[-1] if place == "-" else file.read_text()
    assert json.loads(told) == [{"path": "t.2", "count": 3}, {"path": "t.0", "count": 2}]


def test_tasks_that_decide_nothing_tell_nothing(project: Project) -> None:
    write_foreach(project, "self.y = 1")

    done = run(project, "t.0,t.1", "--control", "out.json")
    printed = run(project, "t.2,t.3", "--control", "-")

    assert (done.returncode, printed.returncode) == (0, 0)
    assert not (project.folder / "out.json").exists()
    assert printed.stdout == ""


def test_loops_of_a_step_run_in_one_container(project: Project) -> None:
    write_self_loop(project)

    done = run(project, "t.0,t.1,t.2", "region", "--control", "-", "--jobs", "2", at="turn")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == [{"path": f"t.{i}", "next": "join"} for i in range(3)]
    assert project.step("join").returncode == 0
    assert project.artifact("rounds", "join") == [1, 2, 3]


def test_a_latch_at_several_paths_tells_where_each_goes_on(project: Project) -> None:
    write_self_loop(project)

    done = run(project, "t.0,t.1", "--control", "-", at="turn")

    assert json.loads(done.stdout.splitlines()[-1]) == [
        {"path": "t.0", "next": "join"},
        {"path": "t.1.r1", "next": "turn"},
    ]


def test_what_has_finished_stays_so_after_an_interruption(project: Project) -> None:
    write_foreach(project, WAIT, width=3, retries=1)
    group = start(project, "t.0,t.1,t.2")
    heard(group, "attempt 0 of 1")

    group.terminate()
    assert group.wait(20) == 128 + signal.SIGTERM
    (project.folder / "go").touch()
    again = run(project, "t.0,t.1,t.2", "--attempt", "1")

    assert again.returncode == 0, again.stderr
    assert again.stdout == "work/t.1 | attempt 1 of 1\nwork/t.2 | attempt 0 of 2\n"


def test_a_container_that_was_killed_goes_on_too(project: Project) -> None:
    write_foreach(project, f"print(os.getpid(), flush=True)\n{WAIT}", width=2, retries=1)
    group = start(project, "t.0,t.1")
    heard(group, "work/t.0")
    heard(group, "of 0")
    task = int(heard(group, "work/t.1").split()[-1])

    group.kill()
    group.wait(20)
    os.kill(task, signal.SIGKILL)
    (project.folder / "go").touch()

    assert run(project, "t.0,t.1", "--attempt", "1").returncode == 0
    assert attempts(project) == ["start/t@0", "work/t.0@0", "work/t.1@0", "work/t.1@1"]


def test_sigterm_ends_the_tasks_too(project: Project) -> None:
    body = "print('pid', os.getpid(), flush=True)\ntime.sleep(300)\nself.y = 1"
    write_foreach(project, body, width=4, retries=2)
    group = start(project, "t.0,t.1,t.2", "--jobs", "2")
    pids = [int(heard(group, "pid").split()[-1]) for _ in range(2)]

    group.send_signal(signal.SIGTERM)

    assert group.wait(20) == 128 + signal.SIGTERM
    until(lambda: not any(map(is_running, pids)))
    assert attempts(project) == ["start/t@0", "work/t.0@0", "work/t.1@0"]


def test_a_group_that_has_finished_runs_again_as_a_whole(project: Project) -> None:
    write_foreach(project, "print('item', self.input)\nself.y = 1", width=4)

    first, second = (run(project, "t.0,t.1") for _ in range(2))
    other = run(project, "t.0,t.2")

    assert first.stdout == second.stdout == "work/t.0 | item 0\nwork/t.1 | item 1\n"
    # What another group has done is done.
    assert other.stdout == "work/t.2 | item 2\n"


def test_a_task_that_fails_for_good_ends_its_group(project: Project) -> None:
    write_foreach(project, "1 / (self.input - 1)\nself.y = 1", width=3, retries=1)

    failed = run(project, "t.0,t.1,t.2", "--control", "out.json")

    assert failed.returncode == 64
    assert failed.stderr.endswith(
        "flowc: task `work` at `t.1` failed after 2 attempts, with exit code 1\n"
    )
    assert not (project.folder / "out.json").exists()
    assert attempts(project) == ["start/t@0", "work/t.0@0", "work/t.1@0", "work/t.1@1"]


def test_a_first_attempt_gives_tasks_that_failed_all_of_theirs(project: Project) -> None:
    body = """
print("attempt", current.retry_count, flush=True)
assert os.path.exists(f"go{self.input}{current.retry_count}")
self.y = 1
""".strip()
    write_foreach(project, body, width=2, retries=1)
    (project.folder / "go00").touch()
    assert run(project, "t.0,t.1").returncode == 64

    (project.folder / "go11").touch()
    cleared = run(project, "t.0,t.1", "--attempt", "0")

    assert cleared.returncode == 0, cleared.stderr
    assert cleared.stdout == "work/t.1 | attempt 0\nwork/t.1 | attempt 1\n"


def test_tasks_are_cloned_from_another_run(project: Project) -> None:
    write_foreach(project, "self.y = 1", width=2)
    run(project, "t.0,t.1")
    options = ["--run", "2", "--origin", "1"]

    assert project.step("start", "t", *options).returncode == 0
    done = run(project, "t.0,t.1", *options)

    assert done.returncode == 0, done.stderr
    assert "task `work` at `t.1` is cloned from run `1`" in done.stderr


@pytest.mark.parametrize(
    ("paths", "at", "more", "message"),
    [
        ("t.0,t.0", "work", [], "one path is there twice in t.0, t.0"),
        ("t.0,", "work", [], "`` is no path of step `work`"),
        ("t,t.0", "work", [], "`t` is no path of step `work`"),
        ("t.0,t.1", "none", [], "flow `F` has no step `none`"),
        ("t.0,t.1", "work", ["--control", "out"], "what several paths decide does not go into"),
        ("t.0,t.1", "work", ["--member", "N"], "a member of a gang runs at one path"),
        ("t.0,t.1", "work", ["--jobs", "x"], "option `--jobs` needs a number"),
        ("t.0,t.1", "work", ["region"], "the foreach of `work` runs at one path at a time"),
    ],
)
def test_what_is_no_group_is_refused(
    project: Project, paths: str, at: str, more: list[str], message: str
) -> None:
    write_nested(project)

    done = run(project, paths, *more, at=at)

    assert done.returncode == 64
    assert done.stderr.startswith(f"flowc: {message}")
    assert attempts(project) == ["start/t@0"]


def test_members_of_a_gang_are_never_grouped(project: Project) -> None:
    gang: dict[str, Any] = {"foreach": "start", "body": [{"task": "work"}], "gang": True}
    project.write(
        GANG,
        {"start": {"kind": "gang", "next": ["work"]}, "work": LINEAR, "join": END},
        [{"task": "start"}, gang, {"task": "join"}],
    )
    project.step("start")

    done = run(project, "t.0,t.1")

    assert done.returncode == 64
    assert done.stderr.startswith("flowc: the members of the gang of `start` wait for each other")
