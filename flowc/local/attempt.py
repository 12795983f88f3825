"""One attempt of a task: the shim, in a group of processes that ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.local.output import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from flowc.local.events import Stream

# Only what left the group on purpose can still hold a pipe after its end.
_DRAIN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start, and the stem of its log files; it is killed after `limit` seconds, if set."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    logs: Path
    limit: float | None = None

    def log(self, stream: Stream) -> Path:
        """The file that keeps what the attempt writes to a stream."""
        return self.logs.with_name(f"{self.logs.name}.task_{stream}.log")


class Gang:
    """Tasks that run together or not at all: `failed` as soon as one of them has failed."""

    def __init__(self) -> None:
        self.failed = False


class Attempts:
    """Starts attempts and knows those that run. `threads` wait for them, one for each."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._gangs: dict[int, Gang | None] = {}

    def __len__(self) -> int:
        return len(self._gangs)

    async def run(
        self, launch: Launch, gang: Gang | None, tell: Callable[[Stream, str], None]
    ) -> int:
        """The exit code of the attempt, negative for a signal, once nothing of it is left."""
        shim = subprocess.Popen(  # noqa: ASYNC220 (starting takes a millisecond; a thread waits)
            launch.words,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=launch.environment,
            start_new_session=True,
        )
        self._gangs[shim.pid] = gang
        try:
            return await self._attend(shim, launch, tell)
        finally:
            del self._gangs[shim.pid]

    def signal(self, number: signal.Signals, gang: Gang | None = None) -> None:
        """Send a signal to all processes of the attempts that run, or of those of a gang."""
        for group, member_of in self._gangs.items():
            if gang is None or gang is member_of:
                _signal_group(group, number)

    async def _attend(
        self, shim: subprocess.Popen[bytes], launch: Launch, tell: Callable[[Stream, str], None]
    ) -> int:
        assert shim.stdout
        assert shim.stderr
        followers = [
            asyncio.create_task(
                follow(shim.stdout, launch.log("stdout"), lambda text: tell("stdout", text))
            ),
            asyncio.create_task(
                follow(shim.stderr, launch.log("stderr"), lambda text: tell("stderr", text))
            ),
        ]
        exit_code = await self._wait(shim, launch.limit)
        # As a container ends with its first process, whatever the step left behind ends here.
        _signal_group(shim.pid, signal.SIGKILL)
        await _finish(followers)
        return exit_code

    async def _wait(self, shim: subprocess.Popen[bytes], limit: float | None) -> int:
        over = asyncio.get_running_loop().run_in_executor(self._threads, shim.wait)
        await asyncio.wait([over], timeout=limit)
        if not over.done():
            _signal_group(shim.pid, signal.SIGKILL)
        return await over


async def _finish(followers: list[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(followers, timeout=_DRAIN_SECONDS)
    for follower in late:
        follower.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*followers)


def _signal_group(group: int, number: signal.Signals) -> None:
    # The group may be gone; on macOS, one of which only zombies are left must not be signalled.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
