"""The secrets that a step is given as variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowc.ir.flow import Value

# What the runtime reads of the options; values that stand in the source stay there.
_OPTIONS = ("env_var_name", "json", "region", "variables")


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A secret; `backend` keeps it, or the default one if that is empty.

    `role`, if it is not empty, comes before that of all sources.
    """

    id: str
    backend: str = ""
    role: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)

    def entries(self) -> dict[str, Any]:
        """What the plan says of it."""
        options = {name: self.options[name] for name in _OPTIONS if name in self.options}
        found = {"id": self.id, "type": self.backend, "role": self.role, "options": options}
        return {key: entry for key, entry in found.items() if entry}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What `@secrets` asks for: its sources, in order, and the role that they are fetched in."""

    sources: tuple[SecretSource, ...] = ()
    role: str = ""
    allow_override: bool = False

    def entries(self) -> dict[str, Any]:
        """What the plan says of them, which is never a value."""
        sources = [source.entries() for source in self.sources]
        found = {"sources": sources, "role": self.role, "override": self.allow_override}
        return {key: entry for key, entry in found.items() if entry}
