"""What a deployment must do with each kind of thing that it is made of."""

from __future__ import annotations

from typing import Protocol

from flowc.deploy.resources import Body, Live


class Kind(Protocol):
    """One of AWS's kinds, by the names of things; each call does what `Engine` says of it.

    They raise what botocore raises.
    """

    def read(self, name: str, wanted: Body) -> Live | None:
        """What is there, in the shape of what is wanted; all of it where that is empty."""

    def create(self, name: str, body: Body) -> None: ...

    def update(self, name: str, body: Body, live: Live) -> None: ...

    def delete(self, name: str) -> None: ...
