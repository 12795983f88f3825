"""The commands `package build` and `package ls`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.choices import DeploymentChoices, FlowChoices, read_deployment
from flowc.cli.commands import Command
from flowc.cli.groups import expanded
from flowc.cli.options import FlowName
from flowc.cli.output import fail, report, tell, write

if TYPE_CHECKING:
    from flowc.package.collect import Package

app = typer.Typer(
    name="package",
    help="Pack a flow's code and plan for containers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("build", cls=Command)
@expanded
def package_build(
    flow: FlowName,
    choices: FlowChoices,
    deployment: DeploymentChoices,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Default: DIGEST.flowc.tar.gz.")
    ] = "",
    base: Annotated[
        str, typer.Option("--image", help="Write a Dockerfile for this image, too.")
    ] = "",
) -> None:
    """Write the archive, and its digest to stdout."""
    from flowc.package.build import build
    from flowc.package.sizes import size_text

    file = Path(output) if output else None
    built = build(_collect(flow, choices, deployment, file), file, base)
    tell(f"wrote {built.file} ({size_text(built.size)}), SHA-256 of its content {built.sha256}")
    typer.echo(built.digest)


@app.command("ls", cls=Command)
@expanded
def package_list(
    flow: FlowName,
    choices: FlowChoices,
    deployment: DeploymentChoices,
    listing_format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """List what would be packed, with sizes."""
    from flowc.package.listing import get_renderer

    render = get_renderer(listing_format)
    write("-", render(_collect(flow, choices, deployment)))


def _collect(
    flow: str, choices: FlowChoices, deployment: DeploymentChoices, output: Path | None = None
) -> Package:
    """What is packed for a flow; what is wrong is reported, and then the command ends."""
    from flowc.package.collect import collect

    parsed, reading = read_deployment(flow, choices, deployment)
    found, diagnostics = collect(parsed, reading.path, output)
    report([reading], diagnostics)
    if found is None:
        fail()
    return found
