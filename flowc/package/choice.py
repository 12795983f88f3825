"""What a project says of its packages, under `[tool.flowc.package]` in its `pyproject.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowc.errors import UsageError
from flowc.package.patterns import Patterns

_NAME = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a project adds to its packages and takes away from them."""

    include: Patterns
    exclude: Patterns


def read_choice(folder: Path, tree: Path) -> Choice:
    """What the nearest `pyproject.toml` of the flow's folder says of a tree.

    Its patterns are of paths below its own folder, or below the tree where that lies elsewhere.
    Raises `UsageError` if it cannot be read.
    """
    file = nearest_project(folder)
    table = _table(file) if file else {}
    base = file.parent if file and tree.is_relative_to(file.parent) else tree
    include, exclude = (_patterns(table, name, base) for name in ("include", "exclude"))
    for name in sorted(table.keys() - {"include", "exclude"}):
        raise UsageError(f"[tool.flowc.package] in {file} knows no `{name}`, only include, exclude")
    return Choice(include, exclude)


def nearest_project(folder: Path) -> Path | None:
    """The nearest `pyproject.toml` in a folder or above it."""
    files = (parent / _NAME for parent in (folder, *folder.parents))
    return next((file for file in files if file.is_file()), None)


def _table(file: Path) -> Mapping[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read {file}: {error}") from error
    match content:
        case {"tool": {"flowc": {"package": dict(table)}}}:
            return table
        case {"tool": {"flowc": {"package": _}}}:
            raise UsageError(f"[tool.flowc.package] in {file} must be a table")
        case _:
            return {}


def _patterns(table: Mapping[str, Any], name: str, base: Path) -> Patterns:
    lines = table.get(name, [])
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise UsageError(f"`{name}` of [tool.flowc.package] must be a list of patterns")
    try:
        return Patterns(base, lines)
    except ValueError as error:
        raise UsageError(f"`{name}` of [tool.flowc.package]: {str(error).lower()}") from error
