"""What a project's `pyproject.toml` says in place of options of `compile`, `deploy` and so on.

[tool.flowc.deploy]            for each deployment
image = "registry.example/train:1"
job-queue = "cpu"

[tool.flowc.env.prod]          with `--env prod`, in place of the same above
job-queue = "gpu"
production = true
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from flowc.errors import UsageError

_FILE = "pyproject.toml"


@dataclass(frozen=True)
class Setting:
    """A value that stands in a table of a file, for the option of that spelling."""

    option: str
    value: Any
    place: str


def read_settings(flow: str, environment: str) -> dict[str, Setting]:
    """The settings of the nearest project of a flow, by what commands call the options.

    Those of the environment come before those of all deployments. A `UsageError` names the file
    where something in it is wrong.
    """
    file = _nearest(Path(flow).absolute().parent)
    found = _tables(file, environment) if file else []
    if environment and not found:
        raise UsageError(f"--env {environment}: no {_FILE} says what that is")
    if not any(content for _, content in found):
        return {}
    known = _known()
    return {known[each.option][0]: each for table in found for each in _checked(table, known)}


def _nearest(folder: Path) -> Path | None:
    files = (parent / _FILE for parent in (folder, *folder.parents))
    return next((file for file in files if file.is_file()), None)


def _tables(file: Path, environment: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables that count, each with its place, the one with the last word last."""
    own = _own(file)
    tables = [("deploy", own.get("deploy", {}))]
    if environment:
        environments = _table(own.get("env", {}), f"[tool.flowc.env] in {_shown(file)}")
        if environment not in environments:
            known = ", ".join(environments) or "none"
            raise UsageError(f"--env {environment}: {_shown(file)} has {known} in [tool.flowc.env]")
        tables.append((f"env.{environment}", environments[environment]))
    places = ((f"[tool.flowc.{name}] in {_shown(file)}", content) for name, content in tables)
    return [(place, _table(content, place)) for place, content in places]


def _own(file: Path) -> Mapping[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {_shown(file)}: {error}") from error
    # Most projects say nothing of flowc, and so need no reader of TOML.
    if "flowc" not in text:
        return {}
    import tomllib

    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {_shown(file)}: {error}") from error
    tool = _table(content.get("tool", {}), f"[tool] in {_shown(file)}")
    return _table(tool.get("flowc", {}), f"[tool.flowc] in {_shown(file)}")


def _table(content: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise UsageError(f"{place} must be a table")
    return content


def _shown(file: Path) -> str:
    return os.path.relpath(file)


def _checked(
    table: tuple[str, Mapping[str, Any]], known: Mapping[str, tuple[str, Any]]
) -> Iterator[Setting]:
    place, content = table
    for option, value in content.items():
        if option not in known:
            import difflib

            near = difflib.get_close_matches(option, known, 1)
            hint = f"; is it `{near[0]}`?" if near else f"; there are {', '.join(sorted(known))}"
            raise UsageError(f"{place} knows no `{option}`{hint}")
        wanted = known[option][1]
        if not _is_of(value, wanted):
            raise UsageError(f"`{option}` of {place} must be {_WORDS[wanted]}")
        yield Setting(option, value, place)


_WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list of texts"}


def _is_of(value: Any, wanted: Any) -> bool:
    if wanted is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return type(value) is wanted


def _known() -> dict[str, tuple[str, Any]]:
    """What each option is called in a command and what it takes, by its spelling."""
    from flowc.cli.choices import DeploymentChoices, PlaceChoices, TargetChoices

    # What only `deploy` has: whether tasks fetch a package.
    found = {"target": ("target", str), "package": ("packed", bool)}
    for group in (DeploymentChoices, TargetChoices, PlaceChoices):
        for field, hint in get_type_hints(group, include_extras=True).items():
            found[_spelling(field, hint)] = (field, _type(hint))
    del found["env"]
    return found


def _spelling(field: str, hint: Any) -> str:
    """What the command line calls a field, without the hyphens."""
    option = hint.__metadata__[0]
    # Typer takes the first name for a default value until it makes the command.
    declared = (str(option.default), *(option.param_decls or ()))
    names = (name for name in declared if name.startswith("--"))
    return next(names, field.replace("_", "-")).removeprefix("--").partition("/")[0]


def _type(hint: Any) -> Any:
    """Which of TOML's types an option takes: what is no number, switch or list is a text."""
    inner = get_args(hint)[0]
    if get_origin(inner) is list:
        return list
    if inner == bool | None:
        return bool
    return inner if inner in {int, bool} else str
