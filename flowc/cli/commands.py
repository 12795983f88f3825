"""Commands and groups of them, as Typer alone does not make them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperGroup

_PAIRS = frozenset({"config_files", "config_values"})
# A command's name, and the module that makes it.
_LATER = {
    "run": "flowc.cli.run",
    "runs": "flowc.cli.runs",
    "logs": "flowc.cli.runs",
    "artifacts": "flowc.cli.runs",
    "pull": "flowc.cli.runs",
}


class Commands(TyperGroup):
    """The commands. Some are made when they are asked for: making one takes its time."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        return import_module(_LATER[cmd_name]).command(cmd_name)


class Command(TyperCommand):
    """A command some of whose options take two words, which Typer cannot say of a list."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for parameter in self.params:
            if parameter.name in _PAIRS:
                parameter.nargs = 2
