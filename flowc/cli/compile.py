"""The command `compile`."""

from __future__ import annotations

from typing import Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.options import (
    Branch,
    ConfigFiles,
    ConfigValues,
    ExecutionRole,
    FlowName,
    JobQueue,
    JobRole,
    Production,
    RuntimeChoice,
    RuntimeName,
    StoreRoot,
    With,
    read_asked,
)
from flowc.cli.output import fail, report, write
from flowc.cli.reading import read

app = typer.Typer(rich_markup_mode=None)


@app.command("compile", cls=Command)
def compile_command(
    flow: FlowName,
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
    max_workers: Annotated[
        int, typer.Option(min=1, help="How many tasks of a foreach or run go on at once.")
    ] = 100,
    image: Annotated[str, typer.Option(help="The image of steps that name none.")] = "",
    store: StoreRoot = "",
    job_queue: JobQueue = "",
    job_role: JobRole = "",
    execution_role: ExecutionRole = "",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    runtime: RuntimeName = RuntimeChoice.AUTO,
    branch: Branch = None,
    *,
    production: Production = False,
) -> None:
    """Compile a flow to the manifest of an engine."""
    from flowc.targets import get_target
    from flowc.targets.target import AwsOptions, CompileOptions

    asked = read_asked(decospecs, config_files, config_values, runtime)
    if target == "ir":
        from flowc.ir.text import render_text

        return write(output, render_text(read(flow, asked)[0]))
    emitter = get_target(target)
    parsed, reading = read(flow, asked)
    if parsed.project or branch is not None or production:
        from flowc.cli.project import on_branch

        parsed = on_branch(parsed, branch, production=production)
    aws = AwsOptions(job_queue, job_role, execution_role)
    options = CompileOptions(max_workers=max_workers, image=image, store=store, aws=aws)
    manifest, diagnostics = emitter.emit(parsed, options)
    report([reading], diagnostics)
    if manifest is None:
        fail()
    return write(output, manifest.text)
