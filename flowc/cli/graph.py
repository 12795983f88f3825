"""The command `graph`."""

from __future__ import annotations

from typing import Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.options import (
    ConfigFiles,
    ConfigValues,
    FlowName,
    With,
    read_asked,
)
from flowc.cli.output import write
from flowc.cli.reading import read

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command)
def graph(
    flow: FlowName,
    graph_format: Annotated[
        str, typer.Option("--format", help="text, mermaid, dot, json or svg.")
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Show a flow's steps and how they lead to each other."""
    from flowc.graph.formats import get_renderer

    render = get_renderer(graph_format)
    asked = read_asked(decospecs, config_files, config_values)
    write(output, render(read(flow, asked)[0]))
