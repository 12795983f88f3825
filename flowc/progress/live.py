"""A run as a table that goes along with it, below what is said line by line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flowc.local.events import (
    ForeachOpened,
    RunFinished,
    TaskCloned,
    TaskFailed,
    TaskFinished,
    TaskRetried,
    TaskStarted,
    TaskStopped,
)
from flowc.progress.lines import ANSI, Lines, counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from flowc.ir.flow import Flow
    from flowc.local.events import Event
    from flowc.progress.lines import Words
    from flowc.progress.view import Listener

_COLOURS = ("cyan", "magenta", "blue", "yellow", "green", "bright_cyan", "bright_magenta")


@contextmanager
def live_table(flow: Flow, console: Console | None = None) -> Iterator[Listener]:
    """A listener for the engine that keeps a table up to date, and leaves it whole at the end."""
    console = console or Console(stderr=True, highlight=False)
    colours = {step: _COLOURS[i % len(_COLOURS)] for i, step in enumerate(flow.steps)}
    board = _Board(colours, console)
    lines = Lines(partial(_say, console), colours, brief=True)
    with Live(board, console=console, refresh_per_second=8, transient=True) as live:

        def hear(event: Event) -> None:
            board.hear(event)
            if isinstance(event, RunFinished):
                live.stop()
                console.print(board.table(list(flow.steps)))
            lines.hear(event)

        yield hear


def _say(console: Console, *words: Words) -> None:
    texts = (Text.from_ansi(text) if style == ANSI else Text(text, style) for text, style in words)
    # The terminal wraps a long line by itself, so that it can be copied as one.
    console.print(Text(" ").join(texts), soft_wrap=True)


@dataclass
class _Row:
    """What the table says of a step. `total` is 0 where only the run will tell it."""

    total: int = 0
    done: int = 0
    cloned: int = 0
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
        self._has_clones = False

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
            case TaskCloned(step):
                self._rows[step].done += 1
                self._rows[step].cloned += 1
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
        more = [Text(f"  and {counted(hidden, 'more step')}", "dim")] if hidden else []
        return Group(self.table(shown), *more)

    def table(self, steps: Sequence[str]) -> RenderableType:
        """The rows of some steps, below an empty line."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("")
        table.add_column("step", no_wrap=True, overflow="ellipsis")
        self._has_clones = any(row.cloned for row in self._rows.values())
        headings = ("done", "cloned", "running", "retries", "seconds")
        for heading in headings if self._has_clones else (headings[0], *headings[2:]):
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
        if not row.began and not row.cloned:
            return [Text("·", "dim"), Text(step, "dim")]
        return [
            self._state(row),
            Text(step, self._colours[step]),
            f"{row.done}/{row.total}" if row.total else str(row.done),
            *([str(row.cloned or "")] if self._has_clones else []),
            str(row.running or ""),
            Text(str(row.retries or ""), "yellow"),
            f"{row.seconds:.1f}" if row.began else "",
        ]

    def _state(self, row: _Row) -> RenderableType:
        if row.failed:
            return Text("✗", "bold red")
        if row.running:
            return self._spinner
        return Text("✓", "green") if row.done and row.done >= row.total else Text("…", "dim")
