"""The command `run`."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from flowc.cli.commands import Command
from flowc.cli.options import ConfigFiles, ConfigValues, StoreRoot, With, read_asked
from flowc.cli.output import fail
from flowc.cli.reading import read

if TYPE_CHECKING:
    from flowc.cli.options import Asked
    from flowc.driver import Reading
    from flowc.ir.flow import Flow

_app = typer.Typer(rich_markup_mode=None)


@_app.command(
    cls=Command,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
def run(
    context: typer.Context,
    flow: Annotated[
        str, typer.Argument(metavar="FLOW", help="flow.py, or flow.py:TrainFlow.")
    ] = "",
    max_workers: Annotated[int, typer.Option(min=1, help="How many tasks go on at once.")] = 16,
    store: StoreRoot = ".metaflow",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    *,
    show_help: Annotated[
        bool, typer.Option("--help", help="Show this message and the flow's parameters.")
    ] = False,
) -> None:
    """Run a flow on this machine; its parameters are options."""
    asked = read_asked(decospecs, config_files, config_values)
    if show_help or not flow:
        _run_help(context, flow, asked)
        raise typer.Exit(0 if show_help else 2)
    from flowc.local.parameters import parse_parameters

    parsed, reading = read(flow, asked)
    parameters = parse_parameters(parsed, context.args)
    if not _run(parsed, reading, store, parameters, max_workers):
        fail()


def _run_help(context: typer.Context, flow: str, asked: Asked) -> None:
    typer.echo(context.get_help())
    if flow:
        from flowc.local.parameters import render_options

        typer.echo(f"\n{render_options(read(flow, asked)[0])}".rstrip())


def _run(
    flow: Flow, reading: Reading, store: str, parameters: dict[str, str], max_workers: int
) -> bool:
    """Whether the run succeeded; leaves with 130 if it was interrupted."""
    from flowc.local.engine import run as run_flow
    from flowc.local.run_id import new_run_id
    from flowc.local.settings import RunSettings
    from flowc.progress.view import live_view
    from flowc.run_root import client_folder, run_root

    gc.enable()
    with run_root(store) as (folder, remote):
        settings = RunSettings(
            run=new_run_id(folder, flow.name),
            store=folder,
            source=Path(reading.path).absolute().parent,
            parameters=parameters,
            max_workers=max_workers,
            remote=remote,
            metadata=client_folder() if remote else None,
        )
        with live_view(flow) as listener:
            result = run_flow(flow, settings, listener)
    if result.interrupted:
        raise typer.Exit(130)
    return result.succeeded


def command(_name: str) -> TyperCommand:
    """The command."""
    made = typer.main.get_command(_app)
    assert isinstance(made, TyperCommand)
    return made
