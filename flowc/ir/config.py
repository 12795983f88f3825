"""Configurations: values that a flow reads from files before it is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Config:
    """A `Config` of a flow: `name` as the user gives it, `attribute` as steps read it.

    `text` is what it holds, before it is parsed, or None; `default` is the path that it is read
    from where the user names no other, or empty.
    """

    name: str
    attribute: str
    span: Span
    text: str | None = None
    default: str = ""
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class ConfigChoices:
    """What the user chooses for configurations by name: the path of a file, or the text itself."""

    files: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all that are chosen for."""
        return (*self.files, *self.values)
