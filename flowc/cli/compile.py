"""The command `compile`."""

from __future__ import annotations

from typing import Annotated

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, TargetChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName
from flowc.cli.output import fail, report, write
from flowc.cli.reading import read

app = typer.Typer(rich_markup_mode=None)


@app.command("compile", cls=Command)
@expanded
def compile_command(
    flow: FlowName,
    flow_choices: FlowChoices,
    deployment: DeploymentChoices,
    choices: TargetChoices,
    target: Annotated[
        str,
        typer.Option(
            help="argo: an Argo WorkflowTemplate. step-functions: a state machine of AWS and the "
            "jobs of AWS Batch in it. ir: flowc's own view of the flow."
        ),
    ] = "argo",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
) -> None:
    """Compile a flow to the manifest of an engine."""
    from flowc.targets import get_target

    if target == "ir":
        from flowc.ir.text import render_text

        return write(output, render_text(read(flow, flow_choices.asked())[0]))
    emitter = get_target(target)
    parsed, reading = read_deployment(flow, flow_choices, deployment)
    manifest, diagnostics = emitter.emit(parsed, choices.options())
    report([reading], diagnostics)
    if manifest is None:
        fail()
    return write(output, manifest.text)
