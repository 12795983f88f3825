"""Tasks as forks of an interpreter that is warm, which saves them most of what starting takes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from flowc.local.process import signal_group

if TYPE_CHECKING:
    from flowc.local.process import Launch

# How long the server has to end tasks that are left.
_LAST_SECONDS = 5

# How many bytes a number on a channel has.
_NUMBER = 4

_SHIM = ("-m", "flowc.runtime")

# What Python, the loader or the C library read when they start, and a fork would not notice.
_READ_AT_START = (
    "DYLD_",
    "GLIBC_",
    "HOME",
    "LANG",
    "LC_",
    "LD_",
    "MALLOC_",
    "OPENSSL_",
    "PATH",
    "PYTHON",
    "TZ",
)


class NotStartedError(Exception):
    """There is no fork server any more, and so there is no such process."""


class ServerGoneError(Exception):
    """The fork server has ended, and so has the process."""


class ForkServer:
    """The process that forks tasks, with the environment that this one has now."""

    def __init__(self, python: str, common: tuple[str, str, str]) -> None:
        """`common` is what all tasks have in common: their plan, source folder and store."""
        self._python = python
        self._environment = dict(os.environ)
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                (python, "-m", "flowc.runtime.fork_server", str(theirs.fileno()), *common),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # What C has put into its own copy of it is not for tasks.
                env=self._environment,
                start_new_session=True,
            )

    def can_start(self, launch: Launch) -> bool:
        """Whether a fork would be what a process of its own is."""
        if launch.words[:3] != (self._python, *_SHIM) or self._process.poll() is not None:
            return False
        return not any(
            name.startswith(_READ_AT_START)
            for name in {*launch.environment, *self._environment}
            if launch.environment.get(name) != self._environment.get(name)
        )

    def start(self, launch: Launch) -> Forked:
        """Ask for a task; whether there is a process, it tells by itself."""
        ours, theirs = socket.socketpair()
        stdout, stdout_end = os.pipe()
        stderr, stderr_end = os.pipe()
        # Without a server, the end of the channel says so.
        with suppress(OSError):
            self._send(self._request(launch), (theirs.fileno(), stdout_end, stderr_end))
        theirs.close()
        os.close(stdout_end)
        os.close(stderr_end)
        return Forked(ours, os.fdopen(stdout, "rb", 0), os.fdopen(stderr, "rb", 0))

    def close(self) -> None:
        """End the server, and with it all tasks that run."""
        self._control.close()
        try:
            self._process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _request(self, launch: Launch) -> bytes:
        task = {
            "words": launch.words,
            "set": dict(launch.environment.items() - self._environment.items()),
            "unset": list(self._environment.keys() - launch.environment.keys()),
        }
        return json.dumps(task).encode()

    def _send(self, request: bytes, descriptors: tuple[int, int, int]) -> None:
        content = len(request).to_bytes(4, sys.byteorder) + request
        sent = socket.send_fds(self._control, [content], descriptors)
        self._control.sendall(content[sent:])


class Forked:
    """A process that the fork server has been asked for, at the other end of the channel."""

    def __init__(self, channel: socket.socket, stdout: IO[bytes], stderr: IO[bytes]) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._sent = 0
        self.stdout = stdout
        self.stderr = stderr

    async def ended(self) -> int:
        """The exit code, negative for a signal, once all of its group has been killed.

        Raises `NotStartedError` if there never was a process, and `ServerGoneError` if nobody can
        tell its exit code any more.
        """
        with self._channel:
            process = await self._number()
            if process is None and not self._sent:
                raise NotStartedError
            exit_code = -self._sent if process is None else await self._number()
        if exit_code is None:
            assert process
            signal_group(process, signal.SIGKILL)
            raise ServerGoneError
        return exit_code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its group; nothing, if it has ended."""
        self._sent = number
        with suppress(OSError):
            self._channel.send(bytes([number]))

    async def _number(self) -> int | None:
        loop, content = asyncio.get_running_loop(), b""
        while len(content) < _NUMBER:
            with suppress(ConnectionError):
                if piece := await loop.sock_recv(self._channel, _NUMBER - len(content)):
                    content += piece
                    continue
            return None
        return int.from_bytes(content, sys.byteorder, signed=True)
