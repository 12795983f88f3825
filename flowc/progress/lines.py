"""What is said of a run line by line, whatever shows it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Protocol, TypeAlias, assert_never

from flowc.local.events import (
    ForeachOpened,
    RunFinished,
    RunInterrupted,
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
from flowc.runtime.mflog import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.local.events import Event, Failure, RunResult

# Words of a line and their style.
Words: TypeAlias = tuple[str, str]
_TaskState: TypeAlias = (
    TaskStarted | TaskRetried | TaskFinished | TaskCloned | TaskFailed | TaskStopped
)

# The style of what a task wrote, which may hold codes for styles of its own.
ANSI = "ansi"

# A traceback's end says what went wrong; its log holds the rest.
_TAIL_BYTES = 65536
_TAIL_LINES = 30
_SHOWN_IN_FULL = 3


class Say(Protocol):
    """Shows a line, of words with a space between them."""

    def __call__(self, *words: Words) -> None: ...


class Lines:
    """What is said of a run line by line. `brief`: a table shows what starts and finishes."""

    def __init__(self, say: Say, colours: Mapping[str, str], *, brief: bool) -> None:
        self._say = say
        self._colours = colours
        self._brief = brief

    def hear(self, event: Event) -> None:
        """Say what there is to say about an event."""
        match event:
            case RunStarted(flow, run):
                self._say((f"{flow} {run}", "bold"))
            case TaskLine(step, path, _, _, text):
                # Of a progress bar that writes over itself, the last state counts.
                self._say((f"{step}/{path} │", self._colours[step]), (text, ANSI))
            case RunInterrupted(running):
                self._say((f"Stopping {counted(running, 'task')} …", "yellow"))
            case RunFinished(result):
                self._summarize(result)
            case ForeachOpened():
                pass
            case StepChanged(step, origin, why):
                said = f"runs again, though it has finished in {origin}: {why}"
                self._say((step, self._colours[step]), (said, "yellow"))
            case TaskStarted() | TaskFinished() | TaskCloned():
                if not self._brief:
                    self._say_state(event)
            case TaskRetried() | TaskFailed() | TaskStopped():
                self._say_state(event)
            case _:
                assert_never(event)

    def _say_state(self, event: _TaskState) -> None:
        match event:
            case TaskStarted(step, path, attempt):
                again = f"started again, attempt {attempt + 1}" if attempt else "started"
                self._say(self._name(step, path), (again, "dim"))
            case TaskRetried(step, path, _, exit_code, seconds):
                said = f"{_ended(exit_code)} after {seconds:.1f} s, trying again"
                self._say(self._name(step, path), (said, "yellow"))
            case TaskFinished(step, path, _, seconds):
                self._say(self._name(step, path), (f"finished in {seconds:.1f} s", "dim"))
            case TaskCloned(step, path, origin):
                self._say(self._name(step, path), (f"cloned from {origin}", "dim"))
            case TaskFailed(failure, seconds):
                said = f"{_ended(failure.exit_code)} after {seconds:.1f} s"
                self._say(self._name(failure.step, failure.path), (said, "bold red"))
            case TaskStopped(step, path, _, seconds):
                self._say(self._name(step, path), (f"stopped after {seconds:.1f} s", "yellow"))
            case _:
                assert_never(event)

    def _summarize(self, result: RunResult) -> None:
        for failure in result.failures[:_SHOWN_IN_FULL]:
            self._show(failure)
        for failure in result.failures[_SHOWN_IN_FULL:]:
            self._say(self._name(failure.step, failure.path), (_verdict(failure), "bold red"))
        self._say()
        colour = "bold green" if result.succeeded else "bold red"
        self._say((f"{result.flow} {result.run} {_outcome(result)}", colour))
        self._say((f"Results: {result.url or result.folder}", ""))

    def _show(self, failure: Failure) -> None:
        self._say()
        self._say(self._name(failure.step, failure.path), (_verdict(failure), "bold red"))
        for line in _tail(failure.log):
            self._say(("   ", ""), (line, ANSI))
        self._say((f"Log: {failure.url or failure.log}", "dim"))

    def _name(self, step: str, path: str) -> Words:
        return (f"{step}/{path}", self._colours[step])


def _verdict(failure: Failure) -> str:
    return f"{_ended(failure.exit_code)} after {counted(failure.attempts, 'attempt')}"


def _ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"failed with exit code {exit_code}"
    try:
        return f"was killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was killed by signal {-exit_code}"


def _outcome(result: RunResult) -> str:
    tasks = f"{counted(result.tasks, 'task')} in {result.seconds:.1f} s"
    cloned = f", {result.cloned} cloned from {result.origin}" if result.origin else ""
    if result.interrupted:
        return f"was interrupted after {tasks}{cloned}"
    if result.failures:
        ran = result.tasks + len(result.failures)
        return f"failed in {len(result.failures)} of {ran} tasks{cloned}"
    return f"finished: {tasks}{cloned}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _tail(log: Path) -> list[str]:
    """The last traceback in a log, or its last lines."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = plain(file.read()).decode(errors="replace").splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    return lines[starts[-1] if starts else 0 :][-_TAIL_LINES:]
