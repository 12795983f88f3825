"""What a run leaves on record of itself: that it goes on, and in the end how it ended.

A lock says the former, since it is gone with whoever held it, however that came to an end.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.local.events import RunResult

LOCK = "run.lock"
OUTCOME = "run.json"


@contextmanager
def lifetime(records: Path) -> Iterator[Callable[[RunResult], None]]:
    """A run that goes on, with the records in that folder; what is given out records its end."""
    lock = _take(records / LOCK)
    try:
        yield partial(_record, records / OUTCOME)
    finally:
        if lock:
            lock.close()


def is_locked(lock: Path) -> bool:
    """Whether somebody holds the lock, as seen from the machine that it was taken on."""
    with lock.open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def this_host() -> str:
    """The name of this machine: elsewhere a lock tells nothing."""
    return os.uname().nodename


def _take(path: Path) -> TextIO | None:
    """The lock, held until it is closed; `None` where it cannot be kept or means nothing."""
    # A run is not worth losing because its history cannot be kept.
    with suppress(OSError):
        path.with_name(OUTCOME).unlink(missing_ok=True)
        lock = path.open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            host = this_host()
        except OSError:
            host = ""
        lock.write(json.dumps({"time": time.time(), "host": host}))
        lock.flush()
        return lock
    return None


def _record(outcome: Path, result: RunResult) -> None:
    entries = {
        "state": _state(result),
        "time": time.time(),
        "failures": [[each.step, each.path] for each in result.failures],
    }
    draft = outcome.with_name(f".{outcome.name}.{os.getpid()}")
    with suppress(OSError):
        draft.write_text(json.dumps(entries), encoding="utf-8")
        draft.replace(outcome)


def _state(result: RunResult) -> str:
    if result.interrupted:
        return "interrupted"
    return "failed" if result.failures else "finished"
