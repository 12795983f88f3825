"""A task's process, however it was started, and one that is started for it alone."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    from flowc.local.events import Stream


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


class Process(Protocol):
    """A process that leads a session and a group of its own."""

    @property
    def stdout(self) -> IO[bytes]: ...

    @property
    def stderr(self) -> IO[bytes]: ...

    async def ended(self) -> int:
        """The exit code, negative for a signal, once all of its group has been killed."""

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its group; nothing, if it has ended."""


class Spawned:
    """A process that was started for the task alone; one of `threads` waits for it."""

    def __init__(self, launch: Launch, threads: Executor) -> None:
        self._process = subprocess.Popen(
            launch.words,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=launch.environment,
            start_new_session=True,
        )
        self._threads = threads

    @property
    def stdout(self) -> IO[bytes]:
        assert self._process.stdout
        return self._process.stdout

    @property
    def stderr(self) -> IO[bytes]:
        assert self._process.stderr
        return self._process.stderr

    async def ended(self) -> int:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._reap)

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            signal_group(self._process.pid, number)

    def _reap(self) -> int:
        # Until the process is reaped, its number cannot be another's.
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        # As a container ends with its first process, whatever the step left behind ends here.
        signal_group(self._process.pid, signal.SIGKILL)
        return self._process.wait()


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all processes of a group, if there are any."""
    # On macOS, a group of which only zombies are left must not be signalled.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
