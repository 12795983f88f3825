"""The command `stop`."""

from __future__ import annotations

import typer

from flowc.cli.commands import Command
from flowc.cli.deployment import DeployedInEnvironment, FlowOrName, RunName
from flowc.cli.groups import expanded
from flowc.cli.output import tell
from flowc.cli.run_text import when

app = typer.Typer(rich_markup_mode=None)


@app.command(cls=Command)
@expanded
def stop(flow: FlowOrName, run: RunName, deployed: DeployedInEnvironment) -> None:
    """End a run of a deployed flow, and the jobs that are left of it."""
    from flowc.runtime.username import username

    runs = deployed.find(flow).runs()
    found = runs.find(run)
    if found.is_over:
        return tell(f"flowc: {found.run} is over: it {found.state} at {when(found.ended)}")
    ended = runs.stop(found, f"stopped by {username()} with `flowc stop`")
    jobs = f", and {ended} job{'' if ended == 1 else 's'} of it" if ended else ""
    return tell(f"flowc: {found.run} is stopped{jobs}")
