"""Commands and groups of them, as Typer alone does not make them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

_PAIRS = frozenset({"config_files", "config_values"})
# Each command, and the module whose `app` has it. Making one takes its time, so that only the one
# that is asked for is made.
_MODULES = {
    "compile": "compile",
    "graph": "graph",
    "lint": "lint",
    "rule": "rule",
    "package": "package",
    "run": "run",
    "runs": "runs",
    "logs": "runs",
    "artifacts": "runs",
    "pull": "runs",
}


class Commands(TyperGroup):
    """The commands, each made when it is asked for."""

    def list_commands(self, _ctx: Any) -> list[str]:
        return list(_MODULES)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _MODULES:
            return None
        found = get_command(import_module(f"flowc.cli.{_MODULES[cmd_name]}").app)
        # A module of several commands has them in a group, unless it is the group that is meant.
        return found.commands.get(cmd_name, found) if isinstance(found, TyperGroup) else found


class Command(TyperCommand):
    """A command some of whose options take two words, which Typer cannot say of a list."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for parameter in self.params:
            if parameter.name in _PAIRS:
                parameter.nargs = 2
