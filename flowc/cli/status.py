"""The command `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.deployed_text import NUMBERS, RUN_HEADINGS, run_cells, run_entries
from flowc.cli.deployment import DeployedInEnvironment, FlowOrName
from flowc.cli.groups import expanded
from flowc.cli.options import OutputFormat, StoreRoot, is_json
from flowc.cli.output import print_json, tell
from flowc.cli.run_status import follow_and_show, show
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.deploy.runs import Runs

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command)
@expanded
def status(
    flow: FlowOrName,
    deployed: DeployedInEnvironment,
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="A run's id, or latest.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many runs to list.")] = 20,
    store: StoreRoot = "",
    output_format: OutputFormat = "text",
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the run to its end.")] = False,
) -> None:
    """Show the runs of a deployed flow, or how far one of them is."""
    as_json = is_json(output_format)
    if watch and not run:
        raise UsageError("--watch follows one run; name it, or latest")
    runs = deployed.find(flow).runs()
    if not run:
        return _list(runs, limit, as_json=as_json)
    found = runs.find(run)
    if watch:
        return follow_and_show(runs, found, store, as_json=as_json)
    return show(runs, found, store, as_json=as_json)


def _list(runs: Runs, limit: int, *, as_json: bool) -> None:
    found = runs.latest(limit)
    if as_json:
        return print_json([run_entries(runs, run) for run in found])
    if not found:
        return tell(f"flowc: `{runs.deployment}` has not run yet; `flowc trigger` runs it")
    from flowc.table import print_table

    return print_table(RUN_HEADINGS, [run_cells(run) for run in found], NUMBERS)
