"""What the shim costs a container before its step: importing it, beside Python and Metaflow."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.measure import Row, Spread
from bench.object_store import plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_SECONDS = 0.05
_WORDS = ("pass", "import flowc.runtime.shim", "import metaflow")


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """The processor's time for importing the shim, without that for Python itself."""
    environment = plain_environment(folder)
    taken: list[list[float]] = [[] for _ in _WORDS]
    for turn in range(rounds + 1):
        for words, seconds in zip(_WORDS, taken, strict=True):
            spent = _processor_time(words, environment)
            # The first turn fills caches, and Python writes its bytecode.
            if turn:
                seconds.append(spent)
    bare, ours, theirs = (Spread(tuple(seconds)) for seconds in taken)
    shim, metaflow = (each.median - bare.median for each in (ours, theirs))
    yield Row(
        "importing the shim, above Python",
        f"{shim * 1000:.1f} ms",
        f"{metaflow * 1000:.1f} ms",
        f"{metaflow / shim:.1f}",
        f"≤ {MOST_SECONDS * 1000:.0f} ms of processor time",
        shim <= MOST_SECONDS,
    )


def _processor_time(code: str, environment: Mapping[str, str]) -> float:
    process = subprocess.Popen((sys.executable, "-c", code), env=dict(environment))
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"`{code}` failed with {process.returncode}")
    return used.ru_utime + used.ru_stime
