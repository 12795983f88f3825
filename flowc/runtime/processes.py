"""Attempts of tasks as processes of this container, each in a group that ends with it."""

# Pathlib costs more to import than all of this file.
# ruff: noqa: PTH120

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress

from flowc.runtime.errors import FlowError, RefusalError, tell
from flowc.runtime.mflog import Heads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO, Any, BinaryIO

    from flowc.runtime.store import Store

# The same flowc as here, wherever this one was found; it must not come before Python's library.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from flowc.runtime.shim import main; "
    "sys.path.append(sys.path.pop(0)); sys.exit(main(sys.argv[1:]))"
)
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100

# How long tasks have to end by themselves when the container is to end.
_LAST_WORDS_SECONDS = 5

# Only what left the group on purpose can still hold a pipe after its end.
_DRAIN_SECONDS = 2

_BLOCK = 1 << 16
_LARGE = 8 << 20


class Launch:
    """What the shim is told; the task's name, and where its logs go, up to the stream's name."""

    __slots__ = ("environment", "limit", "log", "name", "words")

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        name: str,
        log: str,
        limit: float | None,
    ) -> None:
        self.words = words
        self.environment = environment
        self.name = name
        self.log = log
        self.limit = limit


class Processes:
    """Starts attempts and knows those that run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[int, dict[str, _Stream]] = {}
        self._is_ending = False

    def run(self, launch: Launch) -> int:
        """The exit code of an attempt, negative for a signal, once its logs are in the store."""
        self._check_goes_on()
        shim = subprocess.Popen(
            [sys.executable, "-c", _START, _ROOT, *launch.words],
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=launch.environment,
            start_new_session=True,
        )
        assert shim.stdout
        assert shim.stderr
        self._running[shim.pid] = {
            f"{launch.log}stdout.log": _Stream(shim.stdout, sys.stdout, launch.name),
            f"{launch.log}stderr.log": _Stream(shim.stderr, sys.stderr, launch.name),
        }
        code = _wait(shim, launch.limit)
        self._check_goes_on()
        # As a container ends with its first process, whatever the step left behind ends here.
        _signal(shim.pid, signal.SIGKILL)
        self._keep(self._running.pop(shim.pid))
        return code

    @contextmanager
    def ended_by_signals(self) -> Iterator[None]:
        """While this lasts, SIGTERM and SIGINT end all attempts, and then this process."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        earlier = {number: signal.signal(number, self._end) for number in numbers}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def _check_goes_on(self) -> None:
        """Never come back where this process is about to end: nothing more may be started."""
        if self._is_ending:
            threading.Event().wait()

    def _end(self, number: int, _: object) -> None:
        self._is_ending = True
        running = dict(self._running)
        for pid in running:
            _signal(pid, signal.SIGTERM)
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        while any(map(_is_running, running)) and time.monotonic() < deadline:
            time.sleep(0.02)
        for pid, streams in running.items():
            _signal(pid, signal.SIGKILL)
            self._keep(streams)
        os._exit(128 + number)

    def _keep(self, streams: Mapping[str, _Stream]) -> None:
        # What the task did stands, and whether it did is told by its exit code.
        for key, stream in streams.items():
            with stream.end() as log:
                try:
                    _put(self._store, log, key)
                except (OSError, FlowError, RefusalError) as error:
                    tell(f"cannot keep the log `{key}`: {error}")


class _Stream:
    """Follows what an attempt writes to one of its streams."""

    def __init__(self, pipe: IO[bytes], onward: Any, name: str) -> None:
        self._pipe = pipe
        self._onward = onward.buffer
        self._name = f"{name} | ".encode()
        self._log = tempfile.TemporaryFile(prefix="flowc-")  # noqa: SIM115 (whoever takes it closes it)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def end(self) -> BinaryIO:
        """All that was written, each line with its head."""
        self._thread.join(_DRAIN_SECONDS)
        if not self._thread.is_alive():
            self._pipe.close()
        self._log.seek(0)
        return self._log

    def _follow(self) -> None:
        heads, rest = Heads(), b""
        with suppress(ValueError, OSError):
            while chunk := self._pipe.read(_BLOCK):
                self._log.write(heads.feed(chunk))
                *lines, rest = (rest + chunk).split(b"\n")
                self._pass_on(lines)
                if len(rest) >= _BLOCK:
                    self._pass_on([rest])
                    rest = b""
        if rest:
            self._pass_on([rest])

    def _pass_on(self, lines: list[bytes]) -> None:
        # The task goes on, and its log is kept, even if nobody listens any more.
        with suppress(OSError, ValueError):
            self._onward.write(b"".join(self._name + line + b"\n" for line in lines))
            self._onward.flush()


def _wait(shim: subprocess.Popen[bytes], limit: float | None) -> int:
    try:
        return shim.wait(limit)
    except subprocess.TimeoutExpired:
        _signal(shim.pid, signal.SIGKILL)
        return shim.wait()


def _put(store: Store, log: BinaryIO, key: str) -> None:
    size = log.seek(0, os.SEEK_END)
    log.seek(0)
    if size < _LARGE:
        store.write(key, log.read())
        return
    with tempfile.NamedTemporaryFile(dir=store.scratch(), prefix=".", delete=False) as draft:
        shutil.copyfileobj(log, draft)
    store.keep(key, draft.name)


def _signal(group: int, number: int) -> None:
    # The group may be gone; on macOS, one of which only zombies are left must not be signalled.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _is_running(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False
