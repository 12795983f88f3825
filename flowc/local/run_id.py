"""The names of runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flowc.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def new_run_id(store: Path, flow: str) -> str:
    """The microseconds since 1970, as Metaflow has it, for a run whose folder now exists.

    Of two runs that start in the same microsecond one gets the next, since a folder is made once.
    """
    runs = store / flow
    number = time.time_ns() // 1000
    try:
        runs.mkdir(parents=True, exist_ok=True)
        while not _is_made(runs / str(number)):
            number += 1
    except OSError as error:
        raise UsageError(f"cannot keep runs in {store}: {error.strerror}") from error
    return str(number)


def _is_made(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
