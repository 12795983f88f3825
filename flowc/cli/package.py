"""The commands `package build` and `package ls`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.commands import Command
from flowc.cli.options import (
    Asked,
    ConfigFiles,
    ConfigValues,
    FlowName,
    RuntimeChoice,
    RuntimeName,
    With,
    read_asked,
)
from flowc.cli.output import fail, report, tell, write
from flowc.cli.reading import read

if TYPE_CHECKING:
    from flowc.deploy.package import Package

app = typer.Typer(
    name="package",
    help="Pack a flow's code and plan for containers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("build", cls=Command)
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


@app.command("ls", cls=Command)
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
