"""The command `iam`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, TargetChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.deployment import DeploymentName, DeployTarget, deployed_as
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
    target: DeployTarget = "step-functions",
    name: DeploymentName = "",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
) -> None:
    """Write the least that the roles of a deployment must allow, as policies in JSON."""
    from flowc.cli.compiled import compile_deployment

    parsed, reading = read_deployment(flow, flow_choices, deployment)
    options = replace(choices.options(), name=deployed_as(parsed, name).name)
    compiled = compile_deployment(parsed, reading, target, options, None)
    policies = compiled.document.get("policies")
    if policies is None:
        raise UsageError(f"`{target}` has no policies")
    write(output, json.dumps(policies, indent=2) + "\n")
