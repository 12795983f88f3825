"""The command `trigger`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.deployed_text import run_entries
from flowc.cli.deployment import DeployedChoices, FlowOrName, file_of
from flowc.cli.groups import expanded
from flowc.cli.options import OutputFormat, StoreRoot, is_json
from flowc.cli.output import print_json, tell
from flowc.cli.parameters import files_of, own_words, packed_files, texts
from flowc.cli.run_status import follow_and_show
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.deploy.runs import DeployedRun, Runs

app = typer.Typer(rich_markup_mode=None)


@app.command(
    cls=Command,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)
@expanded
def trigger(
    context: typer.Context,
    deployed: DeployedChoices,
    flow: FlowOrName = "",
    origin: Annotated[
        str, typer.Option(metavar="RUN", help="Clone what has finished in a run, or latest.")
    ] = "",
    again: Annotated[
        list[str],
        typer.Option("--from", metavar="STEP", help="With --origin: run a step and all after."),
    ] = [],  # noqa: B006 - typer copies it
    store: StoreRoot = "",
    output_format: OutputFormat = "text",
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the run; exit code 1 if it fails.")
    ] = False,
    show_help: Annotated[
        bool, typer.Option("--help", help="Show this message and the flow's parameters.")
    ] = False,
) -> None:
    """Run a flow where it is deployed; its parameters are options."""
    as_json = is_json(output_format)
    if show_help or not flow:
        _help(context, deployed, flow)
        raise typer.Exit(0 if show_help else 2)
    if flow.startswith("-"):
        raise UsageError(f"FLOW is missing before `{flow}`: `flowc trigger FLOW {flow} …`")
    from flowc.deploy.engines import check_target
    from flowc.deploy.runs import Request

    check_target(deployed.target)
    parsed = deployed.read(flow)
    # Metaflow leaves a flow's parameters their names; without its file, a name is one of theirs.
    known = {parameter.name for parameter in parsed.parameters} if parsed else {"name"}
    own = known & _given(context)
    options = {"name": deployed.name, "branch": deployed.branch, "origin": origin}
    words = [*context.args, *own_words(own, options)]
    deployed = deployed.without(own, context.default_map or {})
    origin = "" if "origin" in own else origin
    if again and not origin:
        raise UsageError("--from says what of another run runs again; name it with --origin")
    given = texts(parsed, words, complete=not origin)
    if parsed:
        given = packed_files(parsed, file_of(flow), given)
    runs = (deployed.of(parsed) if parsed else deployed.called(flow)).runs()
    if parsed and not files_of(parsed).isdisjoint(given):
        from flowc.cli.deployed_files import check_files

        check_files(runs, parsed, file_of(flow), given, store)
    run = runs.start(Request(given, _found(runs, origin, store), again))
    if not wait:
        _report(runs, run, as_json=as_json)
        return
    _tell(run)
    follow_and_show(runs, run, store, as_json=as_json)


def _found(runs: Runs, origin: str, store: str) -> str:
    """The id of the run to go on from, which is there; empty if none is named."""
    if not origin:
        return ""
    from flowc.cli.origin import origin_of

    return origin_of(runs, origin, store)


def _given(context: typer.Context) -> set[str]:
    """The options that stand on the command line itself."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def _help(context: typer.Context, deployed: DeployedChoices, flow: str) -> None:
    typer.echo(context.get_help())
    if flow:
        parsed = deployed.read(flow)
        if parsed:
            from flowc.local.parameters import render_options

            typer.echo(f"\n{render_options(parsed)}".rstrip())


def _tell(run: DeployedRun) -> None:
    tell(f"flowc: {run.run} has started; {run.link}")


def _report(runs: Runs, run: DeployedRun, *, as_json: bool) -> None:
    """The id goes to stdout, where scripts find it, all else to stderr."""
    if as_json:
        print_json(run_entries(runs, run))
        return
    typer.echo(run.run)
    _tell(run)
