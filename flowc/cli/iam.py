"""The command `iam`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, TargetChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName
from flowc.cli.output import fail, report, write
from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.targets.target import CompileOptions

app = typer.Typer(rich_markup_mode=None)


@app.command("iam", cls=Command)
@expanded
def iam(
    flow: FlowName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    choices: TargetChoices,
    role: Annotated[
        str, typer.Option(help="machine, jobs, events, execution or deployer; default: all.")
    ] = "",
    account: Annotated[str, typer.Option(metavar="NUMBER", help="The account's number.")] = "",
    region: Annotated[str, typer.Option(metavar="NAME", help="The region.")] = "",
    partition: Annotated[str, typer.Option(metavar="NAME", help="aws, or aws-cn, say.")] = "",
) -> None:
    """Print what a flow's roles on AWS may do, and who may be in them."""
    import json

    from flowc.targets import get_target

    parsed, reading = read_deployment(flow, flow_choices, deployment)
    manifest, diagnostics = get_target("step-functions").emit(parsed, _open(choices.options()))
    if manifest is None:
        report([reading], diagnostics)
        fail()
    policies = _chosen(manifest.documents[0]["policies"], role)
    text = json.dumps(policies, indent=2, ensure_ascii=False) + "\n"
    known = {"AccountId": account, "Region": region, "Partition": partition}
    for name, value in known.items():
        text = text.replace(f"${{AWS::{name}}}", value or f"${{AWS::{name}}}")
    write("-", text)


def _open(options: CompileOptions) -> CompileOptions:
    # No policy is about an image, and one for any queue holds where none is named.
    queue = options.aws.job_queue or "*"
    aws = replace(options.aws, job_queue=queue)
    return replace(options, image=options.image or "any", aws=aws)


def _chosen(policies: Mapping[str, object], role: str) -> object:
    if role and role not in policies:
        known = ", ".join(f"`{name}`" for name in policies)
        raise UsageError(f"--role {role}: the flow has no such role; it has {known}")
    return policies[role] if role else policies
