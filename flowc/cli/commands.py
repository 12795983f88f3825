"""Commands and groups of them, as Typer alone does not make them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from flowc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.cli.settings import Setting

_PAIRS = frozenset({"config_files", "config_values"})
_OF_DEPLOYMENTS = frozenset({"environment", "target"})
# What chooses among the deployments of a flow's file, and is settled where one is named.
_CHOOSING = frozenset({"name", "branch", "production"})
# Each command, and the module whose `app` has it. Making one takes its time, so that only the one
# that is asked for is made.
_MODULES = {
    "compile": "compile",
    "graph": "graph",
    "lint": "lint",
    "rule": "rule",
    "package": "package",
    "deploy": "deploy",
    "rollback": "rollback",
    "versions": "rollback",
    "iam": "iam",
    "run": "run",
    "trigger": "trigger",
    "status": "status",
    "stop": "stop",
    "runs": "runs",
    "logs": "logs",
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
    """A command some of whose options take two words, which Typer cannot say of a list.

    Where it takes `--env` or `--target`, options may stand in the flow's `pyproject.toml`, too:
    what the command line and variables leave out.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for parameter in self.params:
            if parameter.name in _PAIRS:
                parameter.nargs = 2

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing and any(each.name in _OF_DEPLOYMENTS for each in self.params):
            ctx.default_map = self._settings(ctx, args)
        return super().parse_args(ctx, args)

    def flow_of(self, given: Mapping[str, Any]) -> str:
        """The flow's file or the deployment that options and arguments name; empty for none."""
        return given.get("flow") or ""

    def _settings(self, ctx: Any, args: list[str]) -> dict[str, Any]:
        """The values of options that stand in a file, by what the command calls them."""
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        flow = self.flow_of(given)
        if not flow:
            return {}
        from flowc.cli.deployment import is_file
        from flowc.cli.settings import read_settings

        environment = given.get("environment") or os.environ.get("FLOWC_ENV", "")
        found = read_settings(flow, environment)
        if not is_file(flow):
            found = {name: setting for name, setting in found.items() if name not in _CHOOSING}
        for parameter in self.params:
            if parameter.name in found:
                _check(parameter, ctx, found[parameter.name])
        return {name: setting.value for name, setting in found.items()}


def _check(parameter: Any, ctx: Any, setting: Setting) -> None:
    """Refuse a value that the option does not take, by the name of the file that has it."""
    try:
        parameter.type_cast_value(ctx, setting.value)
    except Exception as error:
        reason = getattr(error, "message", str(error))
        raise UsageError(f"`{setting.option}` of {setting.place}: {reason}") from error
