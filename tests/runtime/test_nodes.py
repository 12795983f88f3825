"""Nodes of multi-node jobs: the main one goes last, and no node is missed by the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from runtime.test_gangs import STARTED, ended, running, seen, start, until, write

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from runtime.conftest import Project

WAIT = 'print("running", flush=True)\ntime.sleep(self.index and {others} or {main})'


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    yield
    while STARTED:
        with STARTED.pop() as node:
            node.kill()


def node(
    project: Project, index: int, attempt: int = 0, **environment: str
) -> subprocess.Popen[str]:
    told = {"AWS_BATCH_JOB_NUM_NODES": "2", "AWS_BATCH_JOB_NODE_INDEX": str(index)}
    main = {"AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "127.0.0.9"} if index else {}
    return start(project, index, attempt, **told, **main, **environment)


def is_done(project: Project, index: int) -> bool:
    return (project.store / "F" / "1" / "_flowc" / "done" / "fit" / f"t.{index}.json").exists()


def test_nodes_are_told_the_address_that_batch_tells(project: Project) -> None:
    write(project, "self.seen = os.environ['MAIN_IP']", size=2)
    project.step("start")

    nodes = [node(project, index) for index in range(2)]

    assert [ended(each)[0] for each in nodes] == [0, 0]
    assert seen(project) == ["127.0.0.1", "127.0.0.9"]


def test_the_main_node_stays_until_the_others_have_committed(project: Project) -> None:
    write(project, "self.seen = 1", size=2, catch={"artifact": "seen"})
    project.step("start")
    # Nobody waits for others before a fallback.
    main = node(project, 0, attempt=1)
    until(lambda: is_done(project, 0))
    assert main.poll() is None

    other = node(project, 1, attempt=1)

    assert [ended(other)[0], ended(main)[0]] == [0, 0]


def test_the_main_node_fails_with_those_that_never_commit(project: Project) -> None:
    write(project, "self.seen = 1", size=2, catch={"artifact": "seen"})
    project.step("start")

    main = node(project, 0, attempt=1, FLOWC_GANG_TIMEOUT="1")

    code, said = ended(main)
    assert code == 1
    assert said.endswith("flowc: not committed after 1 s: members 1\n")


def test_a_record_of_an_earlier_attempt_does_not_count(project: Project) -> None:
    write(project, "self.seen = current.retry_count", size=2, retries=1)
    project.step("start")
    for attempt in range(2):
        nodes = [node(project, index, attempt) for index in range(2)]
        assert [ended(each)[0] for each in nodes] == [0, 0]

    assert seen(project) == [1, 1]


def test_a_node_that_fails_ends_the_others_whatever_attempts_are_left(project: Project) -> None:
    body = WAIT.format(main=300, others=0.01) + "\n1 / 0"
    write(project, body, size=2, retries=3)
    project.step("start")
    main, other = node(project, 0), node(project, 1)
    assert running(main)

    assert ended(other)[0] == 1
    code, said = ended(main)
    assert code == 1
    assert "flowc: the gang starts again with member 1; " in said


def test_a_node_that_is_killed_is_missed(project: Project) -> None:
    write(project, WAIT.format(main=300, others=300), size=2)
    project.step("start")
    main, other = (node(project, index, FLOWC_GANG_TIMEOUT="2") for index in range(2))
    assert running(main)
    assert running(other)

    other.kill()

    code, said = ended(main)
    assert code == 1
    assert "flowc: the gang waits in vain for member 1; " in said


@pytest.mark.parametrize(("variables", "code"), [({}, 64), ({"NODE": "x"}, 64), ({"NODE": "1"}, 0)])
def test_a_variable_says_which_member_a_task_is(
    project: Project, variables: dict[str, str], code: int
) -> None:
    write(project, "self.seen = self.index", size=2)
    project.step("start")
    common = {"MF_PARALLEL_MAIN_IP": "127.0.0.1", **variables}

    done = project.step("fit", "t", "--member", "NODE", **common)

    assert done.returncode == code
    assert is_done(project, 1) == (code == 0)
