"""What commands write: diagnostics, a file or stdout, and one line of their own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from flowc.diagnostics import Diagnostic
    from flowc.driver import Reading


def report(
    readings: Sequence[Reading], diagnostics: Sequence[Diagnostic], stream: TextIO | None = None
) -> None:
    """Write diagnostics with their source lines, to stderr if nothing else is said."""
    from flowc.report import render

    stream = stream or sys.stderr
    lines = {path: of_file for reading in readings for path, of_file in reading.lines.items()}
    color = stream.isatty() and not os.environ.get("NO_COLOR")
    stream.write(render(diagnostics, lines, color=color))


def write(output: str, text: str) -> None:
    """Write text to a file, or to stdout for `-`."""
    if output == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from flowc.files import write_whole

    write_whole(Path(output), text)


def print_json(value: Any) -> None:
    """Write a value to stdout as JSON."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Write a line to stderr."""
    typer.echo(line, err=True)


def fail() -> NoReturn:
    """End the command with 1."""
    raise typer.Exit(1)
