"""Commands and groups of them, as Typer alone does not make them."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

_PAIRS = frozenset({"config_files", "config_values"})
_OVER_RUNS = ("runs", "logs", "artifacts")


class Commands(TyperGroup):
    """The commands. Those over runs are made when they are asked for: making one takes its time."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_OVER_RUNS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in _OVER_RUNS:
            return super().get_command(ctx, cmd_name)
        from flowc.cli_runs import command

        return command(cmd_name)


class Command(TyperCommand):
    """A command some of whose options take two words, which Typer cannot say of a list."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for parameter in self.params:
            if parameter.name in _PAIRS:
                parameter.nargs = 2
