"""The secrets that a step is given as variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowc.ir.flow import Value


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A secret; `backend` keeps it, or the default one if that is empty.

    `role`, if it is not empty, comes before that of all sources.
    """

    id: str
    backend: str = ""
    role: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What `@secrets` asks for: its sources, in order, and the role that they are fetched in."""

    sources: tuple[SecretSource, ...] = ()
    role: str = ""
    allow_override: bool = False
