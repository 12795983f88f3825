"""Starts tasks: as forks where one is what a process of its own would be."""

from __future__ import annotations

import sys
from contextlib import closing, contextmanager, nullcontext
from typing import TYPE_CHECKING

from flowc.local.forked import ForkServer
from flowc.local.process import Spawned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from flowc.local.process import Launch, Process


class Starter:
    """Starts processes; one of `threads` waits for each that is no fork."""

    def __init__(self, server: ForkServer | None, threads: Executor) -> None:
        self._server = server
        self._threads = threads

    def start(self, launch: Launch) -> Process:
        """A process, which without anybody to fork it is found not to have started."""
        if self._server and self._server.can_start(launch):
            return self._server.start(launch)
        return self.spawn(launch)

    def spawn(self, launch: Launch) -> Process:
        """A process that was started for the task alone."""
        return Spawned(launch, self._threads)


@contextmanager
def starter(python: str, common: tuple[str, str, str], threads: Executor) -> Iterator[Starter]:
    """What starts tasks under a Python; in the end, its server is gone and all forks with it.

    `common` is what all tasks have in common: their plan, source folder and store.
    """
    # Elsewhere, what the system's own libraries do in a fork is not what they do otherwise: those
    # of macOS refuse to work in it.
    can_fork = sys.platform == "linux"
    with closing(ForkServer(python, common)) if can_fork else nullcontext() as server:
        yield Starter(server, threads)
