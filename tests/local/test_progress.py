"""What a person sees of a run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from flowc.diagnostics import Span
from flowc.ir.flow import Flow, Step
from flowc.local.events import (
    Failure,
    ForeachOpened,
    RunFinished,
    RunInterrupted,
    RunResult,
    RunStarted,
    StepChanged,
    TaskCloned,
    TaskFailed,
    TaskFinished,
    TaskLine,
    TaskRetried,
    TaskStarted,
    TaskStopped,
)
from flowc.progress.lines import ANSI
from flowc.progress.live import live_table
from flowc.progress.plain import say
from flowc.progress.view import live_view
from flowc.terminal import is_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.local.events import Event
    from flowc.progress.view import Listener

SPAN = Span("flow.py")
FLOW = Flow("F", "flow.py", SPAN, {name: Step(name, SPAN, None) for name in ("start", "fit")})


@pytest.fixture(autouse=True)
def _nothing_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def show(*events: Event, terminal: bool = False, width: int = 80) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=width, height=24)
    with live_table(FLOW, console) if terminal else plain_lines(FLOW, stream) as listener:
        for event in events:
            listener(event)
    return stream.getvalue()


@contextmanager
def plain_lines(flow: Flow, stream: io.StringIO) -> Iterator[Listener]:
    with redirect_stderr(stream), live_view(flow) as listener:
        yield listener


def ended(folder: Path, *failures: Failure, interrupted: bool = False) -> RunFinished:
    return RunFinished(RunResult("F", "7", folder, 2, 1.25, failures, interrupted))


def test_elsewhere_than_on_a_terminal_lines_say_it_all(tmp_path: Path) -> None:
    said = show(
        RunStarted("F", "7", tmp_path),
        TaskStarted("start", "t", 0),
        TaskFinished("start", "t", 0, 0.12),
        ForeachOpened("start", "t", 1, ("fit",)),
        TaskStarted("fit", "t.0", 0),
        TaskLine("fit", "t.0", 0, "stdout", "\x1b[31mred\x1b[0m and [bold]"),
        TaskRetried("fit", "t.0", 0, -9, 0.5),
        TaskStarted("fit", "t.0", 1),
        TaskFinished("fit", "t.0", 1, 2),
        ended(tmp_path),
    )

    assert said.splitlines() == [
        "F 7",
        "start/t started",
        "start/t finished in 0.1 s",
        "fit/t.0 started",
        "fit/t.0 │ red and [bold]",
        "fit/t.0 was killed by SIGKILL after 0.5 s, trying again",
        "fit/t.0 started again, attempt 2",
        "fit/t.0 finished in 2.0 s",
        "",
        "F 7 finished: 2 tasks in 1.2 s",
        f"Results: {tmp_path}",
    ]


def test_a_failed_task_shows_its_own_traceback(tmp_path: Path) -> None:
    log = tmp_path / "1.task_stderr.log"
    log.write_text("earlier\nTraceback (most recent call last):\n  File 'flow.py'\nValueError: x\n")
    failure = Failure("fit", "t.0", 2, 1, log)

    said = show(TaskStarted("fit", "t.0", 1), TaskFailed(failure, 0.1), ended(tmp_path, failure))

    assert said.splitlines()[-9:] == [
        "",
        "fit/t.0 failed with exit code 1 after 2 attempts",
        "    Traceback (most recent call last):",
        "      File 'flow.py'",
        "    ValueError: x",
        f"Log: {log}",
        "",
        "F 7 failed in 1 of 3 tasks",
        f"Results: {tmp_path}",
    ]


def test_of_many_failures_only_some_are_shown_in_full(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("no luck\n" * 100)
    failures = [Failure("fit", f"t.{i}", 1, 1, log) for i in range(50)]

    said = show(ended(tmp_path, *failures)).splitlines()

    assert said.count("    no luck") == 3 * 30
    assert "fit/t.49 failed with exit code 1 after 1 attempt" in said


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    said = show(
        TaskStarted("fit", "t.0", 0),
        RunInterrupted(1),
        TaskStopped("fit", "t.0", 0, 3),
        ended(tmp_path, interrupted=True),
    )

    assert "Stopping 1 task …" in said
    assert "fit/t.0 stopped after 3.0 s" in said
    assert "F 7 was interrupted after 2 tasks in 1.2 s" in said


@pytest.mark.parametrize("width", [60, 120])
def test_on_a_terminal_a_table_tells_the_state_of_each_step(tmp_path: Path, width: int) -> None:
    said = show(
        ForeachOpened("start", "t", 50, ("fit",)),
        TaskStarted("fit", "t.0", 0),
        TaskFinished("fit", "t.0", 0, 1),
        TaskStarted("fit", "t.1", 0),
        ended(tmp_path),
        terminal=True,
        width=width,
    )

    assert "1/50" in said
    assert "running" in said
    assert "started" not in said


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_cloned_is_counted(tmp_path: Path, *, terminal: bool) -> None:
    result = RunResult("F", "7", tmp_path, 1, 1.25, origin="6", cloned=2)
    said = show(
        RunStarted("F", "7", tmp_path),
        TaskCloned("start", "t", "6"),
        ForeachOpened("start", "t", 2, ("fit",)),
        TaskCloned("fit", "t.0", "6"),
        StepChanged("fit", "6", "other tasks come before it"),
        TaskStarted("fit", "t.1", 0),
        TaskFinished("fit", "t.1", 0, 0.5),
        RunFinished(result),
        terminal=terminal,
    )

    lines = Text.from_ansi(said).plain.splitlines()
    assert "fit runs again, though it has finished in 6: other tasks come before it" in lines
    assert "F 7 finished: 1 task in 1.2 s, 2 cloned from 6" in lines
    if terminal:
        rows = [line.split() for line in lines]
        assert ["step", "done", "cloned", "running", "retries", "seconds"] in rows
        assert ["✓", "start", "1", "1"] in rows
        assert ["✓", "fit", "2/2", "1", "0.0"] in rows
    else:
        assert "fit/t.0 cloned from 6" in lines


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    said = show(TaskLine("fit", "t.0", 0, "stdout", "hello"), terminal=True)

    assert "fit/t.0 │ hello" in said


# What codes of terminals are made of, and what else moves the cursor.
PIECES = [
    "\x1b",
    "\x1b[0;31m",
    "\x1b[2K",
    "\x1b(B",
    "\x1b]8;;http://a\x1b\\",
    "\r",
    "\t",
    "\a",
    "\b",
]


@pytest.mark.parametrize(
    ("environment", "styled"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"TTY_COMPATIBLE": "1"}, True),
        ({"TTY_COMPATIBLE": "0", "FORCE_COLOR": "1"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False),
    ],
)
def test_what_is_a_terminal_is_what_rich_takes_for_one(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], *, styled: bool
) -> None:
    for name, value in ({"TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    console = Console(file=stream)

    assert is_terminal(stream) is styled
    assert (console.is_terminal and not console.is_dumb_terminal) is styled


@given(st.lists(st.sampled_from([*PIECES, *"()[]\\0;?mABZ_~ é│%"]), max_size=12).map("".join))
def test_plain_lines_say_what_a_terminal_shows(written: str) -> None:
    styled, plain = io.StringIO(), io.StringIO()
    console = Console(file=styled, force_terminal=False, width=80)
    console.print(Text(" ").join([Text("fit/t │"), Text.from_ansi(written)]), soft_wrap=True)

    say(plain, ("fit/t │", "cyan"), (written, ANSI))

    # What is no whole code has no width either, where rich looks for the next tab stop.
    assume("\t" not in written or "\x1b" not in plain.getvalue())
    assert plain.getvalue() == styled.getvalue()
