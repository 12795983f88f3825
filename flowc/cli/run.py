"""The command `run`."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.options import (
    Branch,
    ConfigFiles,
    ConfigValues,
    Production,
    RuntimeChoice,
    RuntimeName,
    StoreRoot,
    With,
    read_asked,
)
from flowc.cli.output import fail, tell
from flowc.cli.parameters import own_words
from flowc.cli.reading import read
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.cli.options import Asked
    from flowc.driver import Reading
    from flowc.ir.flow import Flow
    from flowc.local.settings import RunSettings
    from flowc.resume import Resumed

app = typer.Typer(rich_markup_mode=None)


@app.command(
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
    runtime: RuntimeName = RuntimeChoice.AUTO,
    resume: Annotated[
        str, typer.Option(metavar="RUN", help="Clone what has finished in a run; latest is one.")
    ] = "",
    again: Annotated[
        list[str],
        typer.Option("--from", metavar="STEP", help="With --resume: run a step and all after."),
    ] = [],  # noqa: B006
    tags: Annotated[
        list[str], typer.Option("--tag", metavar="TAG", help="A tag for the run; may be repeated.")
    ] = [],  # noqa: B006
    namespace: Annotated[
        str | None, typer.Option(help="Whose runs the steps see; empty for all. [default: yours]")
    ] = None,
    branch: Branch = None,
    *,
    production: Production = False,
    show_help: Annotated[
        bool, typer.Option("--help", help="Show this message and the flow's parameters.")
    ] = False,
) -> None:
    """Run a flow on this machine; its parameters are options."""
    asked = read_asked(decospecs, config_files, config_values, runtime)
    if show_help or not flow:
        _run_help(context, flow, asked)
        raise typer.Exit(0 if show_help else 2)
    from flowc.local.parameters import parse_parameters

    parsed, reading = read(flow, asked)
    own = {"branch", "resume"} & {parameter.name for parameter in parsed.parameters}
    words = [*context.args, *own_words(own, {"branch": branch, "resume": resume})]
    branch, resume = (None if "branch" in own else branch), ("" if "resume" in own else resume)
    if parsed.project or branch is not None or production:
        from flowc.cli.project import on_branch

        parsed = on_branch(parsed, branch, production=production)
    parameters = parse_parameters(parsed, words, complete=not resume)
    _check_tags(tags)
    resumed = _resumed(parsed, store, resume, again)
    if resumed:
        resumed.check(parameters)
    given = _Given(parameters, max_workers, tuple(tags), namespace)
    if not _run(parsed, reading, store, given, resumed):
        fail()


def _run_help(context: typer.Context, flow: str, asked: Asked) -> None:
    typer.echo(context.get_help())
    if flow:
        from flowc.local.parameters import render_options

        typer.echo(f"\n{render_options(read(flow, asked)[0])}".rstrip())


def _check_tags(tags: list[str]) -> None:
    if tags:
        from flowc.runtime.about import wrong_tags

        if wrong := wrong_tags(tags):
            raise UsageError(f"--tag: {wrong}")


def _resumed(flow: Flow, store: str, resume: str, again: list[str]) -> Resumed | None:
    if not resume:
        if again:
            raise UsageError("--from says what of another run runs again; name it with --resume")
        return None
    from flowc.resume import Resumed

    return Resumed(flow, store, resume, again)


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line gives to the run itself."""

    parameters: dict[str, str]
    max_workers: int
    tags: tuple[str, ...]
    namespace: str | None


def _run(flow: Flow, reading: Reading, store: str, given: _Given, resumed: Resumed | None) -> bool:
    """Whether the run succeeded; leaves with 130 if it was interrupted."""
    from flowc.local.engine import run as run_flow
    from flowc.local.run_id import new_run_id
    from flowc.local.settings import RunSettings
    from flowc.progress.view import live_view
    from flowc.run_root import client_folder, run_root

    gc.enable()
    with run_root(store) as (folder, remote):
        run = new_run_id(folder, flow.name)
        metadata = client_folder() if remote else None
        annotations = (given.tags, given.namespace, metadata)
        settings = RunSettings(
            run=run,
            store=folder,
            source=Path(reading.path).absolute().parent,
            parameters=given.parameters,
            max_workers=given.max_workers,
            remote=remote,
            resumption=resumed.resumption(run, *annotations) if resumed else None,
            tags=given.tags,
            namespace=given.namespace,
            metadata=metadata,
        )
        with live_view(flow) as listener:
            result = run_flow(flow, settings, listener)
        if flow.exit_hooks:
            _call_hooks(flow, settings, succeeded=result.succeeded)
    if result.interrupted:
        raise typer.Exit(130)
    return result.succeeded


def _call_hooks(flow: Flow, settings: RunSettings, *, succeeded: bool) -> None:
    from flowc.local.hooks import call_hooks

    for name in call_hooks(flow, settings, succeeded=succeeded):
        # How the run has ended is not for its hooks to say.
        tell(f"flowc: the exit hook `{name}` has failed")
