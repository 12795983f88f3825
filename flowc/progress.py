"""A run as a person follows it: a live table on a terminal, plain lines elsewhere; on stderr."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, assert_never

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flowc.local.events import (
    ForeachOpened,
    RunFinished,
    RunInterrupted,
    RunStarted,
    TaskFailed,
    TaskFinished,
    TaskLine,
    TaskRetried,
    TaskStarted,
    TaskStopped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from flowc.ir.flow import Flow
    from flowc.local.events import Event, Failure, RunResult

Listener: TypeAlias = Callable[["Event"], None]
_TaskState: TypeAlias = TaskStarted | TaskRetried | TaskFinished | TaskFailed | TaskStopped

_COLOURS = ("cyan", "magenta", "blue", "yellow", "green", "bright_cyan", "bright_magenta")

# A traceback's end says what went wrong; its log holds the rest.
_TAIL_BYTES = 65536
_TAIL_LINES = 30
_SHOWN_IN_FULL = 3


@contextmanager
def live_view(flow: Flow, console: Console | None = None) -> Iterator[Listener]:
    """A listener for the engine that shows a run as it goes on, and at its end what came of it."""
    console = console or Console(stderr=True, highlight=False)
    colours = {step: _COLOURS[i % len(_COLOURS)] for i, step in enumerate(flow.steps)}
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines(console, colours, brief=False).hear
        return
    board = _Board(colours, console)
    lines = _Lines(console, colours, brief=True)
    with Live(board, console=console, refresh_per_second=8, transient=True) as live:

        def hear(event: Event) -> None:
            board.hear(event)
            if isinstance(event, RunFinished):
                live.stop()
                console.print(board.table(list(flow.steps)))
            lines.hear(event)

        yield hear


@dataclass
class _Row:
    """What the table says of a step. `total` is 0 where only the run will tell it."""

    total: int = 0
    done: int = 0
    running: int = 0
    retries: int = 0
    failed: int = 0
    began: float = 0
    ended: float = 0

    def start(self) -> None:
        self.began = self.began or time.monotonic()
        self.running += 1

    def stop(self) -> None:
        self.ended = time.monotonic()
        self.running -= 1

    @property
    def seconds(self) -> float:
        return (time.monotonic() if self.running else self.ended) - self.began


class _Board:
    """The table of a run: a row for each step, of which it shows those that matter now."""

    def __init__(self, colours: Mapping[str, str], console: Console) -> None:
        self._colours = colours
        self._console = console
        self._rows = {step: _Row() for step in colours}
        self._latest: dict[str, None] = {}
        self._spinner = Spinner("dots")

    def hear(self, event: Event) -> None:
        """Take note of what changes the table."""
        match event:
            case TaskStarted(step):
                self._rows[step].start()
                self._latest = {step: None, **{s: None for s in self._latest if s != step}}
            case TaskRetried(step):
                self._rows[step].stop()
                self._rows[step].retries += 1
            case TaskFinished(step):
                self._rows[step].stop()
                self._rows[step].done += 1
            case TaskFailed(failure):
                self._rows[failure.step].stop()
                self._rows[failure.step].failed += 1
            case TaskStopped(step):
                self._rows[step].stop()
            case ForeachOpened(_, _, count, steps):
                for step in steps:
                    self._rows[step].total += count
            case _:
                pass

    def __rich__(self) -> RenderableType:
        shown = self._shown()
        hidden = len(self._rows) - len(shown)
        more = [Text(f"  and {_counted(hidden, 'more step')}", "dim")] if hidden else []
        return Group(self.table(shown), *more)

    def table(self, steps: Sequence[str]) -> RenderableType:
        """The rows of some steps, below an empty line."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("")
        table.add_column("step", no_wrap=True, overflow="ellipsis")
        for heading in ("done", "running", "retries", "seconds"):
            table.add_column(heading, justify="right", no_wrap=True)
        for step in steps:
            table.add_row(*self._cells(step, self._rows[step]))
        return Group(Text(), table)

    def _shown(self) -> list[str]:
        """What fits in half the terminal, in the flow's order: running steps, then the latest."""
        room = max(3, self._console.height // 2 - 3)
        running = [step for step in self._latest if self._rows[step].running]
        wanted = dict.fromkeys([*running, *self._latest, *self._rows])
        chosen = set(list(wanted)[:room])
        return [step for step in self._rows if step in chosen]

    def _cells(self, step: str, row: _Row) -> list[RenderableType]:
        if not row.began:
            return [Text("·", "dim"), Text(step, "dim")]
        return [
            self._state(row),
            Text(step, self._colours[step]),
            f"{row.done}/{row.total}" if row.total else str(row.done),
            str(row.running or ""),
            Text(str(row.retries or ""), "yellow"),
            f"{row.seconds:.1f}",
        ]

    def _state(self, row: _Row) -> RenderableType:
        if row.failed:
            return Text("✗", "bold red")
        if row.running:
            return self._spinner
        return Text("✓", "green") if row.done and row.done >= row.total else Text("…", "dim")


class _Lines:
    """What is said of a run line by line. `brief`: a table shows what starts and finishes."""

    def __init__(self, console: Console, colours: Mapping[str, str], *, brief: bool) -> None:
        self._console = console
        self._colours = colours
        self._brief = brief

    def hear(self, event: Event) -> None:
        """Say what there is to say about an event."""
        match event:
            case RunStarted(flow, run):
                self._say(Text(f"{flow} {run}", "bold"))
            case TaskLine(step, path, _, _, text):
                # Of a progress bar that writes over itself, the last state counts.
                self._say(Text(f"{step}/{path} │", self._colours[step]), Text.from_ansi(text))
            case RunInterrupted(running):
                self._say(Text(f"Stopping {_counted(running, 'task')} …", "yellow"))
            case RunFinished(result):
                self._summarize(result)
            case ForeachOpened():
                pass
            case TaskStarted() | TaskFinished():
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
                self._say(self._name(step, path), Text(again, "dim"))
            case TaskRetried(step, path, _, exit_code, seconds):
                said = f"{_ended(exit_code)} after {seconds:.1f} s, trying again"
                self._say(self._name(step, path), Text(said, "yellow"))
            case TaskFinished(step, path, _, seconds):
                self._say(self._name(step, path), Text(f"finished in {seconds:.1f} s", "dim"))
            case TaskFailed(failure, seconds):
                said = f"{_ended(failure.exit_code)} after {seconds:.1f} s"
                self._say(self._name(failure.step, failure.path), Text(said, "bold red"))
            case TaskStopped(step, path, _, seconds):
                self._say(self._name(step, path), Text(f"stopped after {seconds:.1f} s", "yellow"))
            case _:
                assert_never(event)

    def _summarize(self, result: RunResult) -> None:
        for failure in result.failures[:_SHOWN_IN_FULL]:
            self._show(failure)
        for failure in result.failures[_SHOWN_IN_FULL:]:
            self._say(self._name(failure.step, failure.path), Text(_verdict(failure), "bold red"))
        self._say(Text())
        colour = "bold green" if result.succeeded else "bold red"
        self._say(Text(f"{result.flow} {result.run} {_outcome(result)}", colour))
        self._say(Text(f"Results: {result.url or result.folder}"))

    def _show(self, failure: Failure) -> None:
        self._say(Text())
        self._say(self._name(failure.step, failure.path), Text(_verdict(failure), "bold red"))
        for line in _tail(failure.log):
            self._say(Text("   "), Text.from_ansi(line))
        self._say(Text(f"Log: {failure.url or failure.log}", "dim"))

    def _name(self, step: str, path: str) -> Text:
        return Text(f"{step}/{path}", self._colours[step])

    def _say(self, *words: Text) -> None:
        # The terminal wraps a long line by itself, so that it can be copied as one.
        self._console.print(Text(" ").join(words), soft_wrap=True)


def _verdict(failure: Failure) -> str:
    return f"{_ended(failure.exit_code)} after {_counted(failure.attempts, 'attempt')}"


def _ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"failed with exit code {exit_code}"
    try:
        return f"was killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was killed by signal {-exit_code}"


def _outcome(result: RunResult) -> str:
    tasks = f"{_counted(result.tasks, 'task')} in {result.seconds:.1f} s"
    if result.interrupted:
        return f"was interrupted after {tasks}"
    if result.failures:
        return f"failed in {len(result.failures)} of {result.tasks + len(result.failures)} tasks"
    return f"finished: {tasks}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _tail(log: Path) -> list[str]:
    """The last traceback in a log, or its last lines."""
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    return lines[starts[-1] if starts else 0 :][-_TAIL_LINES:]
