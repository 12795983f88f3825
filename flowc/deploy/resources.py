"""What a deployment is made of, as values: what is wanted, and what an engine has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    """Something that is wanted on an engine; the body is all that flowc decides of it.

    What is `initial` it only decides of what is new: later on that is for operators to decide,
    unless whoever deploys `insists` on it.
    """

    key: Key
    body: Body
    initial: Body = field(default_factory=dict)
    insists: bool = False

    def begun(self) -> Resource:
        """It with all that is decided of what is new."""
        return replace(self, body={**self.body, **self.initial})

    def decided(self, body: Body) -> Body:
        """What is there, without what is not decided of it."""
        left = self.initial.keys() - self.body.keys()
        return {name: value for name, value in body.items() if name not in left}

    def lasting(self, body: Body) -> Body:
        """What of a body stays decided, and so is nobody else's to change."""
        return {name: value for name, value in body.items() if name not in self.initial}


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
