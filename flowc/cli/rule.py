"""The command `rule`."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None)


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
