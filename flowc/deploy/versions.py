"""The versions of a deployment that an engine keeps, and the way back to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flowc.deploy.resources import Body, Key


@dataclass(frozen=True, slots=True)
class Version:
    """What was deployed at some time; `version` is what the engine calls it.

    The time has a zone. Only one is live: what new executions are of.
    """

    version: str
    description: str
    time: datetime
    is_live: bool


class Versions(Protocol):
    """The versions of one deployment. Calls are bounded and raise `EngineError`, as an engine's."""

    @property
    def flow(self) -> str:
        """The name of the flow that is deployed."""

    @property
    def store(self) -> str:
        """The URL of the store that its tasks write to.

        Empty if the engine cannot tell, or if there is no such deployment.
        """

    def list(self) -> Sequence[Version]:
        """All that can be made live, the newest first; none if there is no such deployment."""

    def activate(self, version: str) -> Mapping[Key, Body]:
        """Make a version live; executions that go on stay what they are.

        Says what of what `Engine.read` finds is different by it: of each key those fields only. So
        the next deployment knows that nobody else has changed them.
        """
