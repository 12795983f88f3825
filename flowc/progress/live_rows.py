"""Rows in columns that are drawn again whenever they change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.live import Live
from rich.table import Table

Show: TypeAlias = Callable[[Sequence[Sequence[str]]], None]


@contextmanager
def live_rows(headings: Sequence[str], numbers: Collection[str]) -> Iterator[Show]:
    """Shows rows below their headings on stderr, and leaves nothing of them at the end."""
    console = Console(stderr=True, highlight=False)
    with Live(console=console, transient=True) as live:

        def show(rows: Sequence[Sequence[str]]) -> None:
            table = Table(box=None, pad_edge=False, header_style="dim")
            for heading in headings:
                table.add_column(heading, justify="right" if heading in numbers else "left")
            for row in rows:
                table.add_row(*row)
            live.update(table)

        yield show
