"""Gangs: members meet in the store, learn of each other, and start again together."""

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
from runtime.conftest import ROOT
from s3_server import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtime.conftest import Project
    from s3_server import Server

STEPS = {
    "start": {"kind": "gang", "next": ["fit"]},
    "fit": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "end", "join": True},
}
BODY = [
    {"task": "start", "emits": "count"},
    {"foreach": "start", "body": [{"task": "fit"}], "gang": True},
    {"task": "join"},
]
FLOW = """
@step
def start(self):
    self.next(self.fit, num_parallel={size})

@parallel
@step
def fit(self):
    {body}
    self.next(self.join)

@step
def join(self, inputs):
    self.seen = [each.seen for each in inputs]
"""
SEEN = "self.seen = {n: os.environ[n] for n in os.environ if n.isupper()}"
# Both announce themselves with what they were told, then stay until a file is there.
STAY = """
self.seen = [current.retry_count, current.parallel.main_ip, os.environ["MASTER_PORT"]]
print("running", flush=True)
while not os.path.exists("go"):
    time.sleep(0.02)
""".strip()


def write(project: Project, body: str, size: int = 3, **said: object) -> None:
    steps = {**STEPS, "fit": {**STEPS["fit"], **said}}
    text = FLOW.format(size=size, body=body.replace("\n", "\n    "))
    project.write(text, steps, BODY, header="import os, time\nfrom flowc import *\n")


STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as member:
            member.kill()


def start(
    project: Project, index: int, attempt: int = 0, **environment: str
) -> subprocess.Popen[str]:
    options = {"plan": "plan.json", "store": project.url, "run": "1", "path": f"t.{index}"}
    words = [f"--{name}={word}" for name, word in {**options, "attempt": attempt}.items()]
    member = subprocess.Popen(
        [sys.executable, "-m", "flowc.runtime", "step", "fit", *words],
        cwd=project.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FLOWC_GANG_IP": "127.0.0.1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    STARTED.append(member)
    return member


def running(member: subprocess.Popen[str]) -> bool:
    """Whether the member comes to run its step."""
    assert member.stdout
    return member.stdout.readline() == "running\n"


def ended(member: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = member.communicate(timeout=60)
    return member.returncode, said


def seen(project: Project) -> list[object]:
    assert project.step("join").returncode == 0
    found: list[object] = project.artifact("seen", "join")
    return found


def test_members_are_told_of_each_other(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    members = [start(project, index) for index in range(3)]

    assert [ended(member)[0] for member in members] == [0, 0, 0]
    found = seen(project)
    ports = set()
    for index, each in enumerate(found):
        assert isinstance(each, dict)
        expected = {
            **dict.fromkeys(("MF_PARALLEL_MAIN_IP", "MAIN_IP", "MASTER_ADDR"), "127.0.0.1"),
            **dict.fromkeys(("MF_PARALLEL_NUM_NODES", "NUM_NODES", "WORLD_SIZE"), "3"),
            **dict.fromkeys(("MF_PARALLEL_NODE_INDEX", "NODE_INDEX", "RANK"), str(index)),
            **dict.fromkeys(("NODE_RANK", "GROUP_RANK"), str(index)),
            "MF_PARALLEL_CONTROL_TASK_ID": "t.0",
            "LOCAL_RANK": "0",
            "LOCAL_WORLD_SIZE": "1",
        }
        assert {name: each[name] for name in expected} == expected
        ports.add(each["MASTER_PORT"])
    assert len(ports) == 1


@pytest.mark.parametrize("server", ["s3", "rclone"])
def test_members_meet_in_a_bucket(
    project: Project, server: str, request: pytest.FixtureRequest
) -> None:
    s3: Server = request.getfixturevalue(server)
    project.url = f"s3://{s3.bucket()}/runs"
    write(project, SEEN)
    assert project.step("start").returncode == 0

    members = [start(project, index, **settings(s3.endpoint)) for index in range(3)]

    assert [ended(member) for member in members] == [(0, "")] * 3
    assert len(seen(project)) == 3


def test_nobody_runs_before_all_are_there(project: Project) -> None:
    write(project, STAY)
    project.step("start")
    (project.folder / "go").touch()

    early = [start(project, index) for index in range(2)]
    time.sleep(0.5)
    waited = [member.poll() for member in early]
    late = start(project, 2)

    assert waited == [None, None]
    assert [ended(member)[0] for member in (*early, late)] == [0, 0, 0]


@pytest.mark.parametrize("killed", [0, 2])
def test_a_killed_member_restarts_its_gang(project: Project, killed: int) -> None:
    write(project, STAY, retries=1)
    project.step("start")
    first = [start(project, index) for index in range(3)]
    assert all(map(running, first))

    first[killed].send_signal(signal.SIGKILL)
    again = {killed: start(project, killed, attempt=1)}
    others = [index for index in range(3) if index != killed]
    for index in others:
        code, said = ended(first[index])
        assert code == 1
        # Another one that was told first may be among them by now.
        assert re.search(rf"the gang starts again with members? (\d, )*{killed}\b", said), said
        again[index] = start(project, index, attempt=1)
    assert all(map(running, again.values()))
    (project.folder / "go").touch()

    assert [ended(member)[0] for member in again.values()] == [0, 0, 0]
    found = seen(project)
    assert found[0] == found[1] == found[2]
    assert found[0][0] == 1  # type: ignore[index]
    assert generations(project) == {"g0": 3, "g1": 3}


def test_a_gang_in_a_bucket_starts_again(project: Project, s3: Server) -> None:
    project.url = f"s3://{s3.bucket()}/runs"
    write(project, STAY, size=2, retries=1)
    assert project.step("start").returncode == 0
    first = [start(project, index) for index in range(2)]
    assert all(map(running, first))

    first[0].kill()
    again = [start(project, 0, attempt=1)]
    assert ended(first[1])[0] == 1
    again.append(start(project, 1, attempt=1))
    (project.folder / "go").touch()

    assert [ended(member)[0] for member in again] == [0, 0]


def test_who_still_waits_moves_on_without_a_new_attempt(project: Project) -> None:
    write(project, STAY)
    project.step("start")
    (project.folder / "go").touch()
    early, killed = start(project, 0), start(project, 1)
    until(lambda: generations(project) == {"g0": 2})

    killed.kill()
    again = start(project, 1, attempt=1)
    until(lambda: "g1" in generations(project))
    late = start(project, 2)

    assert [ended(member)[0] for member in (early, again, late)] == [0, 0, 0]
    assert generations(project) == {"g0": 2, "g1": 3}


def test_a_gang_that_has_finished_runs_again(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    for _ in range(2):
        members = [start(project, index) for index in range(3)]
        assert [ended(member)[0] for member in members] == [0, 0, 0]

    assert generations(project) == {"g0": 3, "g1": 3}


def test_members_that_do_not_come_are_named(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    members = [start(project, index, FLOWC_GANG_TIMEOUT="1") for index in (0, 2)]

    for member in members:
        assert ended(member) == (1, "flowc: 2 of 3 members after 1 s; missing: 1\n")


def test_a_timeout_is_a_number_of_seconds(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    code, said = ended(start(project, 0, FLOWC_GANG_TIMEOUT="soon"))

    assert code == 64
    assert said == "flowc: `FLOWC_GANG_TIMEOUT` must be a number of seconds above 0, not `soon`\n"


def test_members_commit_together(project: Project) -> None:
    body = 'print("running", flush=True)\n' + "time.sleep(self.index and 300)\nself.seen = 1"
    write(project, body, size=2)
    project.step("start")
    quick, slow = start(project, 0), start(project, 1)
    assert running(quick)
    assert running(slow)
    until((gang(project) / "g0" / "0.end").exists)

    assert quick.poll() is None
    assert project.record("done", "fit", "t.0") is None


def test_who_is_lost_is_named_to_those_who_have_run_the_step(project: Project) -> None:
    body = 'print("running", flush=True)\n' + "time.sleep(self.index and 300)\nself.seen = 1"
    write(project, body, size=2)
    project.step("start")
    quick, slow = (start(project, index, FLOWC_GANG_TIMEOUT="2") for index in range(2))
    assert running(quick)
    assert running(slow)

    slow.kill()

    lost = "1 of 2 members have run the step; no sign of life for 2 s from member 1"
    assert ended(quick) == (1, f"flowc: {lost}\n")


def test_who_lives_is_waited_for(project: Project) -> None:
    write(project, "time.sleep(self.index and 4)\nself.seen = 1", size=2)
    project.step("start")

    members = [start(project, index, FLOWC_GANG_TIMEOUT="2") for index in range(2)]

    assert [ended(member) for member in members] == [(0, ""), (0, "")]


def test_who_fails_for_good_ends_the_others(project: Project) -> None:
    body = 'print("running", flush=True)\n' + "time.sleep(self.index and 300)\n1 / 0"
    write(project, body, size=2)
    project.step("start")
    quick, slow = start(project, 0), start(project, 1)
    assert running(slow)

    assert ended(quick)[0] == 1
    assert ended(slow)[0] == 1
    assert gone(project) == ["g1/0.gone"]


def test_who_still_waits_is_told_of_a_member_that_will_not_come(project: Project) -> None:
    write(project, SEEN, catch={"artifact": "seen"})
    project.step("start")
    waiting = start(project, 1)
    until(lambda: generations(project) == {"g0": 1})

    fallback = start(project, 0, attempt=1)

    assert ended(fallback)[0] == 0
    assert ended(waiting) == (1, "flowc: member 0 will not come any more\n")


def test_a_caught_failure_ends_the_others_too(project: Project) -> None:
    body = 'print("running", flush=True)\n' + "time.sleep(self.index and 300)\n1 / 0"
    write(project, body, size=2, catch={"artifact": "seen"})
    project.step("start")
    quick, slow = start(project, 0), start(project, 1)
    assert running(slow)

    assert ended(quick)[0] == 0
    assert ended(slow)[0] == 1
    assert ended(start(project, 1, attempt=1))[0] == 0
    kinds = [getattr(each, "type", None) for each in seen(project)]
    assert kinds == ["builtins.ZeroDivisionError", "flowc.runtime.errors.FailedAttemptsError"]


def test_an_engine_that_brings_members_together_has_its_way(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    codes = [
        ended(start(project, index, MF_PARALLEL_MAIN_IP="main-0.svc"))[0] for index in range(3)
    ]

    assert codes == [0, 0, 0]
    told = [(each["MASTER_ADDR"], each["MASTER_PORT"]) for each in seen(project)]  # type: ignore[index]
    assert [main for main, _ in told] == ["main-0.svc"] * 3
    assert len({port for _, port in told}) == 1
    assert not gang(project).exists()


def test_a_port_that_is_named_is_taken(project: Project) -> None:
    write(project, SEEN)
    project.step("start")

    members = [start(project, index, MASTER_PORT="29500") for index in range(3)]

    assert [ended(member)[0] for member in members] == [0, 0, 0]
    assert {each["MASTER_PORT"] for each in seen(project)} == {"29500"}  # type: ignore[index]


def gang(project: Project) -> Path:
    return project.store / "F" / "1" / "_flowc" / "gang" / "fit" / "t"


def generations(project: Project) -> dict[str, int]:
    """How many members have joined each generation."""
    return {folder.name: len(list(folder.glob("*.json"))) for folder in gang(project).glob("g*")}


def gone(project: Project) -> list[str]:
    return sorted(str(file.relative_to(gang(project))) for file in gang(project).rglob("*.gone"))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


TORCH = """
import torch
import torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(total)
dist.destroy_process_group()
self.seen = (total.item(), os.environ["RANK"])
""".strip()


def python_with_torch() -> str | None:
    for candidate in (sys.executable, "/usr/bin/python3"):
        found = subprocess.run(
            [candidate, "-c", "import torch.distributed as d; assert d.is_available()"],
            capture_output=True,
            check=False,
        )
        if found.returncode == 0:
            return candidate
    return None


def test_torch_reduces_over_a_gang(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWC_GANG_IP", "127.0.0.1")
    found = python_with_torch()
    if found is None:
        pytest.skip("no Python with torch on this machine")
    project.python = found
    write(project, TORCH, size=2)

    project.run()

    assert [each[0] for each in project.artifact("seen", "join")] == [3.0, 3.0]
    assert json.dumps(project.artifact("seen", "join")) == '[[3.0, "0"], [3.0, "1"]]'
