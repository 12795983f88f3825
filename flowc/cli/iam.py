"""The command `iam`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, TargetChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.deployment import DEFAULT_TARGET, DeployTarget
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName
from flowc.cli.output import write
from flowc.errors import UsageError

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command)
@expanded
def iam(
    flow: FlowName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    choices: TargetChoices,
    target: DeployTarget = DEFAULT_TARGET,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
) -> None:
    """Write the least that the roles of a deployment must allow, as policies in JSON."""
    from flowc.cli.compiled import compile_deployment
    from flowc.deploy.engines import check_policies, filled_policies

    check_policies(target)
    parsed, reading = read_deployment(flow, flow_choices, deployment)
    compiled = compile_deployment(parsed, reading, target, choices.options(target), None)
    policies = compiled.document.get("policies")
    if policies is None:
        raise UsageError(f"`{target}` has no policies")
    write(output, json.dumps(filled_policies(target, policies), indent=2) + "\n")
