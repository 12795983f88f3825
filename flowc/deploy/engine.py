"""What an engine must do so that flows can be deployed to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from flowc.deploy.resources import Key, Live, Resource


class Engine(Protocol):
    """An account, cluster or server that a flow is deployed to.

    Every call ends in bounded time, and raises `EngineError` for what the engine refuses. Each is
    whole by itself: made again after it was cut off, it does what is left.
    """

    @property
    def place(self) -> str:
        """Where it is, for a summary: an account and region, say."""

    @property
    def resources(self) -> Sequence[Resource]:
        """What is wanted, in the order to make it."""

    @property
    def kept(self) -> Collection[str]:
        """The kinds that executions which go on may need: deleted only if that is asked for."""

    def check(self) -> None:
        """Find out whether it may be used at all; this comes before anything is shown."""

    def validate(self) -> Sequence[str]:
        """What the engine itself says against the resources; nothing if it is not asked."""

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        """Those of the keys that the engine has."""

    def create(self, resource: Resource) -> None:
        """Make a resource that is not there."""

    def update(self, resource: Resource, live: Live) -> None:
        """Make a resource what is wanted; refuses if it is no longer the `live` that was read."""

    def delete(self, key: Key) -> None:
        """Take something away; it is all the same if it is gone already."""

    def links(self) -> Sequence[str]:
        """Pages of the engine's console that show the deployment."""
