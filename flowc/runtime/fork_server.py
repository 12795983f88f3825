"""Starts tasks as forks of an interpreter that has imported what all of them need.

It is run as `python -m flowc.runtime.fork_server FD PLAN SOURCE STORE`, with what the tasks of a
run have in common. The engine holds the other end of the socket `FD`. For each task it sends the
length of a request in four bytes, the request, and with them a channel and the ends of two pipes.
On the channel it is told the task's process and, in the end, its exit code, in four bytes each; it
may send the numbers of signals there, for all of the task's group.

The modules that a flow imports are looked for in its own folder first, so nothing is loaded here
that a task by itself would not have loaded before the flow.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
from _socket import CMSG_LEN, SCM_RIGHTS, SOL_SOCKET, socket
from contextlib import suppress
from importlib import import_module

import flowc
from flowc.runtime import shim
from flowc.runtime.ending import end
from flowc.runtime.load import prepare_code
from flowc.runtime.plan import prepare_plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = 4
_DESCRIPTORS = 3
_DESCRIPTOR_LENGTH = 4
_SHIM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")  # noqa: PTH100, PTH118, PTH120


class _Server:
    def __init__(self, control: int) -> None:
        os.set_inheritable(control, False)
        self._control = socket(fileno=control)
        self._channels: dict[int, socket] = {}
        self._tasks: dict[int, int] = {}
        self._awake, self._wake = os.pipe()
        os.set_blocking(self._awake, False)
        os.set_blocking(self._wake, False)
        self._handler = signal.signal(signal.SIGCHLD, _nothing)
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._awake, select.POLLIN)

    def serve(self) -> bytes:
        """The request for the task that this process, a fork by now, is to run.

        The server itself does not come back from here: it ends when the engine has gone.
        """
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        while True:
            ready = [descriptor for descriptor, _ in self._poll.poll()]
            if self._awake in ready:
                os.read(self._awake, 4096)
                self._reap()
            for descriptor in ready:
                if descriptor in self._tasks:
                    self._forward(descriptor)
            # A new channel may get the number of one that is gone, so this comes last.
            if self._control.fileno() in ready:
                request, descriptors = self._receive()
                if self._fork(*descriptors):
                    return request

    def _receive(self) -> tuple[bytes, Iterator[int]]:
        room = CMSG_LEN(_DESCRIPTORS * _DESCRIPTOR_LENGTH)
        head, ancillary, _, _ = self._control.recvmsg(_LENGTH, room)
        while head and len(head) < _LENGTH:
            head += self._control.recv(_LENGTH - len(head))
        length = int.from_bytes(head, sys.byteorder)
        request = b""
        while head and len(request) < length:
            piece = self._control.recv(length - len(request))
            head = head if piece else b""
            request += piece
        if not head:
            self._end()
        return request, _descriptors(ancillary)

    def _fork(self, channel: int, stdout: int, stderr: int) -> bool:
        """Whether this is the new process, with its streams in place; the server goes on."""
        process = -1
        with suppress(OSError):
            process = os.fork()
        if process == 0:
            self._leave(channel, stdout, stderr)
            return True
        os.close(stdout)
        os.close(stderr)
        if process < 0:
            # Without a word on the channel, the engine starts the task by itself.
            os.close(channel)
            return False
        self._tasks[channel] = process
        self._channels[process] = socket(fileno=channel)
        self._poll.register(channel, select.POLLIN)
        self._tell(process, process)
        return False

    def _leave(self, channel: int, stdout: int, stderr: int) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._handler)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        for descriptor in (channel, stdout, stderr, self._awake, self._wake):
            os.close(descriptor)
        # Whoever holds a channel or the control socket keeps the other end from seeing its end.
        for other in (self._control, *self._channels.values()):
            other.close()

    def _reap(self) -> None:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while self._channels:
            ended = os.waitid(os.P_ALL, 0, options)
            if ended is None:
                break
            # As a container ends with its first process, whatever the step left behind ends here.
            # Until the process is reaped, its number cannot be another's.
            self._signal(ended.si_pid, signal.SIGKILL)
            _, status = os.waitpid(ended.si_pid, 0)
            self._tell(ended.si_pid, _exit_code(status))
            channel = self._channels.pop(ended.si_pid)
            if self._tasks.pop(channel.fileno(), None):
                self._poll.unregister(channel)
            channel.close()

    def _forward(self, descriptor: int) -> None:
        process = self._tasks[descriptor]
        numbers = b""
        with suppress(OSError):
            numbers = self._channels[process].recv(64)
        for number in numbers or [signal.SIGKILL]:
            self._signal(process, number)
        if not numbers:
            # Nobody waits for the task any more.
            del self._tasks[descriptor]
            self._poll.unregister(descriptor)

    def _signal(self, process: int, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            try:
                os.killpg(process, number)
            except ProcessLookupError:
                # It has not come so far as to lead its group.
                os.kill(process, number)

    def _tell(self, process: int, number: int) -> None:
        # The engine may be gone already.
        with suppress(OSError):
            self._channels[process].send(number.to_bytes(4, sys.byteorder, signed=True))

    def _end(self) -> None:
        for process in self._channels:
            self._signal(process, signal.SIGKILL)
        os._exit(0)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> Iterator[int]:
    for level, kind, content in ancillary:
        if (level, kind) == (SOL_SOCKET, SCM_RIGHTS):
            for start in range(0, len(content), _DESCRIPTOR_LENGTH):
                yield int.from_bytes(content[start : start + _DESCRIPTOR_LENGTH], sys.byteorder)


def _nothing(*_: object) -> None:
    """Without a handler, the end of a child would not wake the server."""


def _exit_code(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _enter(request: bytes) -> list[str]:
    """Make the process as if Python had been started for the task; the words for the shim."""
    gc.enable()
    task = json.loads(request)
    for name in task["unset"]:
        os.environ.pop(name, None)
    os.environ.update(task["set"])
    words: list[str] = task["words"]
    sys.argv = [_SHIM, *words[3:]]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv = words
    return words[3:]


def _prepare(plan: str, source: str, store: str) -> None:
    """Do what no task does otherwise than all others."""
    for name in ("FlowSpec", "Parameter", "current", "step"):
        getattr(flowc, name)
    # Few tasks store nothing; not every Python has it.
    with suppress(ImportError):
        import_module("_sha1")
    # Whatever is wrong, the tasks are going to tell.
    with suppress(Exception):
        prepare_code(source, prepare_plan(plan))
    if store.startswith("s3://"):
        with suppress(ImportError):
            from flowc.runtime import s3_store  # noqa: F401, PLC0415 (boto3 is slow to import)


def _wait_for_task(words: list[str]) -> list[str]:
    control, plan, source, store = words
    _prepare(plan, source, store)
    # Threads that others have started here would be missing in a fork, but not their locks.
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        os._exit(1)
    gc.collect()
    gc.disable()
    gc.freeze()
    return _enter(_Server(int(control)).serve())


if __name__ == "__main__":
    _words = _wait_for_task(sys.argv[1:])
    _loaded = frozenset(sys.modules)
    # From here on, the stack is no deeper than in a process that was started for the task.
    end(shim.main(_words), _loaded)
