"""What a task decided as a document of JSON: in a file, or as the last line of its output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pythons import bare

if TYPE_CHECKING:
    import subprocess

    from runtime.conftest import Project

FOREACH: dict[str, dict[str, Any]] = {
    "start": {"kind": "foreach", "next": ["work"], "artifact": "items"},
    "work": {"kind": "linear", "next": ["join"]},
    "join": {"kind": "end", "join": True},
}
BODY = [{"task": "start"}, {"foreach": "start", "body": [{"task": "work"}]}, {"task": "join"}]


def write_foreach(project: Project, code: str = "") -> None:
    code = code.replace("\n", "\n            ")
    source = f"""
        @step
        def start(self):
            {code}
            self.items = [1, 2, 3]
            self.next(self.work, foreach="items")

        @step
        def work(self):
            self.next(self.join)

        @step
        def join(self, inputs):
            pass
    """
    header = "import atexit, os, subprocess, sys, threading, time\nfrom flowc import *\n"
    project.write(source, FOREACH, BODY, header=header)


def write_loop(project: Project) -> None:
    """Write a flow whose step `a` begins a loop of `a` and `turn`, in a foreach."""
    project.write(
        """
        @step
        def start(self):
            self.items = [1, 2]
            self.next(self.a, foreach="items")

        @step
        def a(self):
            self.rounds = getattr(self, "rounds", 0) + 1
            self.next(self.turn)

        @step
        def turn(self):
            self.choice = "more" if self.rounds < 2 else "stop"
            self.next({"more": self.a, "stop": self.join}, condition="choice")

        @step
        def join(self, inputs):
            self.choice = "x"
            self.next({"x": self.end, "y": self.other}, condition="choice")

        @step
        def other(self):
            self.next(self.end)

        @step
        def end(self):
            pass
        """,
        {
            "start": {"kind": "foreach", "next": ["a"], "artifact": "items"},
            "a": {"kind": "linear", "next": ["turn"]},
            "turn": {"kind": "switch", "next": ["a", "join"], "artifact": "choice"},
            "join": {
                "kind": "switch",
                "next": ["end", "other"],
                "artifact": "choice",
                "join": True,
            },
            "other": {"kind": "linear", "next": ["end"]},
            "end": {"kind": "end"},
        },
        [
            {"task": "start"},
            {
                "foreach": "start",
                "body": [
                    {"loop": "turn", "to": "a", "body": [{"task": "a"}, {"task": "turn"}]},
                    {"switch": "turn", "arms": {"join": []}},
                ],
            },
            {"task": "join"},
            {"switch": "join", "arms": {"end": [], "other": [{"task": "other"}]}},
            {"task": "end"},
        ],
    )


def told(project: Project, step: str, path: str = "t", *words: str) -> Any:
    """What the document of a task says, or `None`."""
    file = project.folder / "out" / step / path / "return.json"
    done = project.step(step, path, "--control", str(file), *words)
    assert done.returncode == 0, done.stderr
    files = list(file.parent.iterdir()) if file.parent.exists() else []
    assert files in ([], [file])
    return json.loads(file.read_text()) if files else None


def printed(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_document_tells_what_runs_next_and_where(project: Project) -> None:
    write_loop(project)

    assert told(project, "start") == {"path": "t", "count": 2}
    assert told(project, "a", "t.1") is None
    assert told(project, "turn", "t.1") == {"path": "t.1.r1", "next": "a"}
    assert told(project, "a", "t.1.r1") is None
    assert told(project, "turn", "t.1.r1") == {"path": "t.1", "next": "join"}
    for path in ("t.0", "t.0.r1"):
        told(project, "a", path)
        told(project, "turn", path)
    assert told(project, "join") == {"path": "t", "next": "end"}
    assert told(project, "end") is None


def test_a_document_tells_no_more_than_the_slots(project: Project) -> None:
    write_foreach(project)

    assert told(project, "start", "t", "--slots", "2") == {"path": "t", "count": 2}


def test_a_document_tells_how_a_loop_in_one_container_was_left(project: Project) -> None:
    write_loop(project)
    project.step("start")
    options = ["--plan", "plan.json", "--store", project.url, "--run", "1", "--path", "t.1"]

    done = project.shim("region", "turn", *options, "--control", "-")

    assert printed(done) == {"path": "t.1", "next": "join"}


def test_a_document_that_cannot_be_written_fails_the_attempt(project: Project) -> None:
    write_foreach(project)
    (project.folder / "file").touch()

    done = project.step("start", "t", "--control", "file/out.json")

    assert done.returncode == 1
    assert "the engine cannot be told what was decided, in file/out.json" in done.stderr


@pytest.mark.parametrize("version", ["", "3.9"])
@pytest.mark.parametrize(
    "code",
    [
        "print('no end', end='')",
        "atexit.register(print, 'late')",
        "threading.Thread(target=lambda: (time.sleep(0.3), print('late'))).start()",
        "subprocess.run(['echo', 'a child'])",
        "sys.stdout = None",
        "os.close(1)",
        "os.dup2(2, 1)\nprint('elsewhere')",
    ],
)
def test_the_document_is_the_last_line_of_the_output(
    project: Project, code: str, version: str
) -> None:
    project.python = bare(version) if version else project.python
    if not project.python:
        pytest.skip(f"no Python {version} on this machine")
    write_foreach(project, code)

    assert printed(project.step("start", "t", "--control", "-")) == {"path": "t", "count": 3}


def test_the_commit_that_stands_is_told(project: Project) -> None:
    # Another execution commits two items while this one runs.
    write_foreach(
        project,
        """
words = [sys.executable, "-m", "flowc.runtime", "step", "start", "--attempt=1"]
options = ["--plan=plan.json", "--store=store", "--run=1", "--path=t"]
if current.retry_count == 0:
    subprocess.run(words + options, check=True)
""".strip(),
    )
    file = project.folder / "flow.py"
    file.write_text(file.read_text().replace("[1, 2, 3]", "[1, 2, 3][current.retry_count:]"))

    assert printed(project.step("start", "t", "--control", "-")) == {"path": "t", "count": 2}


def test_a_cloned_task_tells_what_it_decided(project: Project) -> None:
    write_foreach(project)
    project.step("start")
    options = ["--plan", "plan.json", "--store", project.url, "--run", "2", "--path", "t"]

    cloned = project.shim("step", "start", *options, "--origin", "1", "--control", "-")

    assert printed(cloned) == {"path": "t", "count": 3}
    assert "is cloned from run `1`" in cloned.stderr


def test_what_decides_nothing_or_fails_prints_no_document(project: Project) -> None:
    write_foreach(project, "assert current.retry_count")

    failed = project.step("start", "t", "--control", "-")
    project.step("start", attempt=1)
    work = project.step("work", "t.0", "--control", "-")

    assert (failed.returncode, failed.stdout) == (1, "")
    assert (work.returncode, work.stdout) == (0, "")
