"""Rows in columns: aligned text, or on a terminal a table with colours."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence

from flowc.terminal import is_terminal

# What the state of a run or task looks like.
_STYLES: Mapping[str, str] = {
    "finished": "green",
    "failed": "bold red",
    "interrupted": "yellow",
    "lost": "yellow",
    "running": "cyan",
    "unknown": "dim",
}


def print_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str] = ()
) -> None:
    """Write rows to stdout below their headings; columns of `numbers` end on the right."""
    if is_terminal(sys.stdout):
        _print_styled(headings, rows, numbers)
    else:
        sys.stdout.write(aligned(headings, rows, numbers))
    sys.stdout.flush()


def aligned(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str] = ()
) -> str:
    """The rows as plain text, two spaces between columns."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [">" if heading in numbers else "<" for heading in headings]
    shapes = [f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True)]
    return "".join(f"{'  '.join(shapes).format(*line).rstrip()}\n" for line in lines)


def _print_styled(
    headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Collection[str]
) -> None:
    from rich.console import Console  # noqa: PLC0415 (plain text needs none of it)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(
            heading, justify="right" if heading in numbers else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    Console(highlight=False).print(table)
