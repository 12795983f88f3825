"""The command line. Data goes to stdout, everything else to stderr.

Exit codes: 0 fine, 1 findings or a failed run, 2 a mistake in the call or in flowc itself.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import Annotated

import typer

from flowc.cli.commands import Commands
from flowc.cli.output import tell
from flowc.errors import FlowcError

app = typer.Typer(
    name="flowc",
    cls=Commands,
    help="Compile Metaflow-style Python flows to workflow engines, without importing them.",
    add_completion=True,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
