"""The command `lint`."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.options import (
    ConfigFiles,
    ConfigValues,
    RuntimeChoice,
    RuntimeName,
    With,
    read_asked,
)
from flowc.cli.output import fail, report, tell

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command)
def lint(
    flows: Annotated[list[str], typer.Argument(metavar="FLOW...")],
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    runtime: RuntimeName = RuntimeChoice.AUTO,
) -> None:
    """Find mistakes in flows, without running them."""
    from flowc.diagnostics import failed
    from flowc.driver import read_flow
    from flowc.report import summary

    gc.enable()
    asked = read_asked(decospecs, config_files, config_values, runtime)
    readings = [read_flow(flow, *asked) for flow in flows]
    found = [diagnostic for reading in readings for diagnostic in reading.diagnostics]
    report(readings, found, sys.stdout)
    tell(summary(found))
    if failed(found):
        fail()
