"""The commands `versions` and `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.commands import Command
from flowc.cli.deployment import DeployedInEnvironment, FlowOrName
from flowc.cli.groups import expanded
from flowc.cli.options import TIMEOUT, Dags, OutputFormat, StoreRoot, Timeout, is_json
from flowc.cli.output import print_json
from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.deploy.versions import Version

app = typer.Typer(rich_markup_mode=None)


@app.command("versions", cls=Command)
@expanded
def list_versions(
    flow: FlowOrName,
    deployed: DeployedInEnvironment,
    store: StoreRoot = "",
    dags: Dags = "",
    output_format: OutputFormat = "text",
) -> None:
    """List what was deployed and can be made live again, the newest first."""
    from flowc.table import print_table

    as_json = is_json(output_format)
    found = deployed.find(flow).at(store=store, dags=dags)
    versions = found.versions().list()
    if not versions:
        raise UsageError(
            f"{found.target} has no version of `{found.name}`; `flowc deploy` makes one"
        )
    if as_json:
        print_json(list(map(_entries, versions)))
    else:
        print_table(("version", "time", "live", "description"), list(map(_cells, versions)))


@app.command(cls=Command)
@expanded
def rollback(
    flow: FlowOrName,
    deployed: DeployedInEnvironment,
    to: Annotated[
        str,
        typer.Option("--to", metavar="VERSION", help="[default: the one before what is live]"),
    ] = "",
    store: StoreRoot = "",
    dags: Dags = "",
    timeout: Timeout = TIMEOUT,
    output_format: OutputFormat = "text",
) -> None:
    """Make an earlier version of a deployment live; executions that go on stay what they are."""
    from flowc.deploy.rollback import roll_back

    as_json = is_json(output_format)
    found = deployed.find(flow).at(store=store, dags=dags, seconds=timeout)
    version = roll_back(found.versions(), found.ledger(store), to)
    if as_json:
        live = _entries(version)
        print_json({"deployment": found.name, "target": found.target, "live": live})
    else:
        about = f" ({version.description})" if version.description else ""
        typer.echo(f"version {version.version} of {found.name} is live{about}")


def _entries(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "time": version.time.isoformat(),
        "live": version.is_live,
        "description": version.description,
    }


def _cells(version: Version) -> Sequence[str]:
    time = version.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (version.version, time, "live" if version.is_live else "", version.description)
