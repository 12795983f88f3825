"""One attempt of a task: the shim, in a group of processes that ends with it."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from flowc.local.forked import NotStartedError, ServerGoneError
from flowc.local.output import follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowc.local.events import Stream
    from flowc.local.process import Launch, Process
    from flowc.local.starter import Starter

# Only what left the group on purpose can still hold a pipe after its end.
_DRAIN_SECONDS = 2


class Gang:
    """Tasks that run together or not at all: `failed` as soon as one of them has failed."""

    def __init__(self) -> None:
        self.failed = False


class Attempts:
    """Runs attempts and knows those that run."""

    def __init__(self, starter: Starter) -> None:
        self._starter = starter
        self._gangs: dict[Process, Gang | None] = {}

    def __len__(self) -> int:
        return len(self._gangs)

    async def run(
        self, launch: Launch, gang: Gang | None, tell: Callable[[Stream, str], None]
    ) -> int:
        """The exit code of the attempt, negative for a signal, once nothing of it is left."""
        try:
            return await self._run(self._starter.start(launch), launch, gang, tell)
        except NotStartedError:
            return await self._run(self._starter.spawn(launch), launch, gang, tell)

    def signal(self, number: signal.Signals, gang: Gang | None = None) -> None:
        """Send a signal to all processes of the attempts that run, or of those of a gang."""
        for process, member_of in self._gangs.items():
            if gang is None or gang is member_of:
                process.signal(number)

    async def _run(
        self,
        process: Process,
        launch: Launch,
        gang: Gang | None,
        tell: Callable[[Stream, str], None],
    ) -> int:
        self._gangs[process] = gang
        try:
            return await _attend(process, launch, tell)
        finally:
            del self._gangs[process]


async def _attend(process: Process, launch: Launch, tell: Callable[[Stream, str], None]) -> int:
    followers = [
        asyncio.create_task(
            follow(process.stdout, launch.log("stdout"), lambda text: tell("stdout", text))
        ),
        asyncio.create_task(
            follow(process.stderr, launch.log("stderr"), lambda text: tell("stderr", text))
        ),
    ]
    try:
        return await _wait(process, launch.limit)
    except ServerGoneError:
        tell("stderr", "flowc: the task was killed, since the process that forks tasks has ended")
        return -signal.SIGKILL
    finally:
        await _finish(followers)


async def _wait(process: Process, limit: float | None) -> int:
    if limit is None:
        return await process.ended()
    ended = asyncio.create_task(process.ended())
    await asyncio.wait([ended], timeout=limit)
    if not ended.done():
        process.signal(signal.SIGKILL)
    return await ended


async def _finish(followers: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(followers, timeout=_DRAIN_SECONDS)
    for follower in late:
        follower.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*followers)
