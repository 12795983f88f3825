"""The commands `versions` and `rollback`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices
from flowc.cli.commands import Command
from flowc.cli.deployment import DeploymentName, DeployTarget, FlowOrName, find_deployment
from flowc.cli.groups import expanded
from flowc.cli.options import StoreRoot
from flowc.cli.output import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.deploy.versions import Version

Output = Annotated[str, typer.Option("--output", help="text or json.")]

app = typer.Typer(rich_markup_mode=None)


@app.command("versions", cls=Command)
@expanded
def list_versions(
    flow: FlowOrName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    target: DeployTarget = "step-functions",
    name: DeploymentName = "",
    output: Output = "text",
) -> None:
    """List what was deployed and can be made live again, the newest first."""
    from flowc.cli.outcome import is_json
    from flowc.deploy.engines import versions
    from flowc.table import print_table

    as_json = is_json(output)
    deployed = find_deployment(flow, flow_choices, deployment, name)
    found = versions(target, deployed.name).list()
    if as_json:
        sys.stdout.write(json.dumps(list(map(_entries, found)), indent=2) + "\n")
    elif found:
        print_table(("version", "time", "live", "description"), list(map(_cells, found)))
    else:
        tell(f"flowc: {target} has no version of `{deployed.name}`")


@app.command(cls=Command)
@expanded
def rollback(
    flow: FlowOrName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    to: Annotated[
        str,
        typer.Option("--to", metavar="VERSION", help="[default: the one before what is live]"),
    ] = "",
    store: StoreRoot = "",
    target: DeployTarget = "step-functions",
    name: DeploymentName = "",
    output: Output = "text",
) -> None:
    """Make an earlier version of a deployment live; executions that go on stay what they are."""
    from flowc.cli.outcome import is_json
    from flowc.deploy.engines import versions
    from flowc.deploy.rollback import roll_back

    as_json = is_json(output)
    deployed = find_deployment(flow, flow_choices, deployment, name)
    ledger = deployed.ledger(store, target)
    version = roll_back(versions(target, deployed.name), ledger, to)
    if as_json:
        document = {"deployment": deployed.name, "target": target, "live": _entries(version)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        about = f" ({version.description})" if version.description else ""
        typer.echo(f"version {version.version} of {deployed.name} is live{about}")


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
