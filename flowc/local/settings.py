"""What a run is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flowc.local.commands import Control
    from flowc.local.remote import Remote

# The shim ends a step whose time is up; only one that it cannot end is killed, so much later.
_TIMEOUT_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Cloned:
    """What was done about a task of which another run may have an end.

    `control` is what it decided, or `None` if it must run. `why` tells what of the flow has
    changed, if that is the reason, for the first such task of a step.
    """

    control: Control | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Resumption:
    """The run `origin` is taken up: `clone` takes a step and a path. `again` must not be cloned."""

    origin: str
    again: tuple[str, ...]
    clone: Callable[[str, str], Cloned]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run is given: its id, where it is kept, where its flow lies, and its limits.

    `parameters` are texts by name. A `namespace` may be empty, for all of them. `python` must be
    able to import flowc. With a `remote` store, what is in `store` is the engine's own, and a copy
    of it goes to the remote one.
    """

    run: str
    store: Path
    source: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    max_workers: int = 16
    python: str = sys.executable
    timeout_grace: float = _TIMEOUT_GRACE_SECONDS
    remote: Remote | None = None
    resumption: Resumption | None = None
    tags: tuple[str, ...] = ()
    namespace: str | None = None
    metadata: Path | None = None

    def url(self, file: Path) -> str:
        """Where the remote store has a file of `store`; empty without one."""
        return f"{self.remote.url.rstrip('/')}/{self.key(file)}" if self.remote else ""

    def key(self, file: Path) -> str:
        """The key of a file of `store`."""
        return file.relative_to(self.store.absolute()).as_posix()
