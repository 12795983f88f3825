"""A project's `pyproject.toml` as packages have it: without what is said to flowc there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from flowc.package.walk import Packed

_NAME = "pyproject.toml"
_OWN = re.compile(r"\s*\[\[?\s*tool\s*\.\s*flowc\s*[.\]]")


def without_settings(file: Packed) -> Packed:
    """The file without the tables of flowc, which no task reads, if it is a project's file.

    A package is then the same whatever its deployments are called and wherever they are. A file
    that cannot be taken apart so is left as it is.
    """
    if PurePath(file.name).name != _NAME or isinstance(file.source, bytes):
        return file
    try:
        text = file.source.read_bytes().decode()
        project = tomllib.loads(text)
        rest = "".join(_others(text))
        if rest == text or tomllib.loads(rest) != _without_flowc(project):
            return file
    except (OSError, ValueError, RecursionError):
        return file
    content = rest.encode()
    return replace(file, size=len(content), source=content)


def _others(text: str) -> Iterator[str]:
    """The lines but those of flowc's tables; what is said before a table goes with it."""
    is_own = False
    waiting: list[str] = []
    for line in text.splitlines(keepends=True):
        waiting.append(line)
        begun = line.lstrip()
        if not begun or begun.startswith("#"):
            continue
        if begun.startswith("["):
            is_own = _OWN.match(line) is not None
        if not is_own:
            yield from waiting
        waiting.clear()
    if not is_own:
        yield from waiting


def _without_flowc(project: dict[str, Any]) -> dict[str, Any]:
    tools = project.get("tool", {})
    if "flowc" not in tools:
        return project
    tool = {name: table for name, table in tools.items() if name != "flowc"}
    rest = {name: table for name, table in project.items() if name != "tool"}
    return {**rest, **({"tool": tool} if tool else {})}
