"""What a deployment is made of, as values: what is wanted, and what an engine has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What an engine knows something by: its kind in the engine's words, and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that is wanted on an engine; the body is all that flowc decides of it."""

    key: Key
    body: Body


@dataclass(frozen=True, slots=True)
class Live:
    """Something that an engine has; the body has the fields that flowc would decide.

    `owner` is the deployment that it belongs to, empty where flowc has not made it. `version` is
    what the engine calls this state of it, empty where it has no name for that; `serving` is the
    version of it that new executions are of, where there is one.
    """

    body: Body
    owner: str = ""
    version: str = ""
    serving: str = ""
