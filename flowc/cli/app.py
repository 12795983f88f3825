"""The command line. Data goes to stdout, everything else to stderr.

Exit codes: 0 fine, 1 findings or a failed run, 2 a mistake in the call or in flowc itself.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.commands import Command, Commands
from flowc.cli.options import (
    Asked,
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
from flowc.cli.output import fail, report, tell, write
from flowc.cli.reading import read
from flowc.errors import FlowcError

if TYPE_CHECKING:
    from flowc.deploy.package import Package

app = typer.Typer(
    name="flowc",
    cls=Commands,
    help="Compile Metaflow-style Python flows to workflow engines, without importing them.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

package = typer.Typer(help="Pack a flow's code and plan for containers.", no_args_is_help=True)
app.add_typer(package, name="package")


def main() -> None:
    """Run the command line; what goes wrong is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter gets another one instead.
            stream.reconfigure(errors="replace")
    # Modules and one flow leave next to no garbage; what takes longer looks for it again.
    gc.disable()
    try:
        app()
    except FlowcError as error:
        tell(f"flowc: error: {error}")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read the output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("FLOWC_TRACEBACK"):
            raise
        tell(f"flowc: internal error: {type(error).__name__}: {error}")
        tell("flowc: this is a bug; run again with FLOWC_TRACEBACK=1 for its traceback")
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        from flowc import __version__

        typer.echo(f"flowc {__version__}")
        raise typer.Exit


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


@app.command(cls=Command)
def graph(
    flow: FlowName,
    graph_format: Annotated[
        str, typer.Option("--format", help="text, mermaid, dot, json or svg.")
    ] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Where to write; - is stdout.")
    ] = "-",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """Show a flow's steps and how they lead to each other."""
    from flowc.graph.formats import get_renderer

    render = get_renderer(graph_format)
    asked = read_asked(decospecs, config_files, config_values)
    write(output, render(read(flow, asked)[0]))


@app.command(cls=Command)
def lint(
    flows: Annotated[list[str], typer.Argument(metavar="FLOW...")],
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    runtime: RuntimeName = RuntimeChoice.AUTO,
) -> None:
    """Find mistakes in flows, without running them."""
    from flowc.diagnostics import failed
    from flowc.driver import read_flow
    from flowc.report import summary

    gc.enable()
    asked = read_asked(decospecs, config_files, config_values, runtime)
    readings = [read_flow(flow, *asked) for flow in flows]
    found = [diagnostic for reading in readings for diagnostic in reading.diagnostics]
    report(readings, found, sys.stdout)
    tell(summary(found))
    if failed(found):
        fail()


@package.command("build", cls=Command)
def package_build(
    flow: FlowName,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Default: DIGEST.flowc.tar.gz.")
    ] = "",
    image: Annotated[str, typer.Option(help="Write a Dockerfile for this image, too.")] = "",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
    runtime: RuntimeName = RuntimeChoice.AUTO,
) -> None:
    """Write the archive, and its digest to stdout."""
    from flowc.deploy.build import build
    from flowc.deploy.sizes import size_text

    file = Path(output) if output else None
    asked = read_asked(decospecs, config_files, config_values, runtime)
    built = build(_collect(flow, asked, file), file, image)
    tell(f"wrote {built.file} ({size_text(built.size)}), SHA-256 of its content {built.sha256}")
    typer.echo(built.digest)


@package.command("ls", cls=Command)
def package_list(
    flow: FlowName,
    listing_format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    decospecs: With = [],  # noqa: B006 - typer copies it
    config_files: ConfigFiles = [],  # noqa: B006
    config_values: ConfigValues = [],  # noqa: B006
) -> None:
    """List what would be packed, with sizes."""
    from flowc.deploy.listing import get_renderer

    render = get_renderer(listing_format)
    write("-", render(_collect(flow, read_asked(decospecs, config_files, config_values))))


def _collect(flow: str, asked: Asked, output: Path | None = None) -> Package:
    """What is packed for a flow; what is wrong is reported, and then the command ends."""
    from flowc.deploy.package import collect

    parsed, reading = read(flow, asked)
    found, diagnostics = collect(parsed, reading.path, output)
    report([reading], diagnostics)
    if found is None:
        fail()
    return found


@app.command()
def rule(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="Such as FC201.")] = "",
) -> None:
    """Explain a finding by its code; without one, list all codes."""
    from flowc.catalogue import all_codes, find_code

    if not code:
        for entry in all_codes():
            typer.echo(f"{entry.code}  {entry.severity:7}  {entry.name}")
        return
    found = find_code(code)
    typer.echo(f"# {found.code} {found.name} ({found.severity})\n\n{found.page}")
