"""The nodes of a multi-node job of AWS Batch, each a member of a gang.

The job ends as its main node does, and takes the others down with it. So the main node stays until
all others have committed. Of others that fail, nobody else tells it, and none starts again alone.
"""

from __future__ import annotations

import os
import time

from flowc.runtime.errors import GangError, RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.runtime.context import Context
    from flowc.runtime.records import Records

# https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html
_NUMBER = "AWS_BATCH_JOB_NUM_NODES"
_MAIN_ADDRESS = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"

# How long members wait for each other; a cluster may have to find machines for them first.
TIMEOUT = "FLOWC_GANG_TIMEOUT"
_TIMEOUT_SECONDS = 600

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5


def is_node() -> bool:
    """Whether this process is of a node of a multi-node job."""
    return bool(os.environ.get(_NUMBER))


def main_address() -> str:
    """The main node's address, which Batch tells all others; empty if it is not told."""
    return os.environ.get(_MAIN_ADDRESS, "")


def followers(context: Context) -> Followers | None:
    """The other members, for the first one, on the main node; nobody for any other."""
    member = context.gang() if is_node() else None
    if member is None or member[1] != 0:
        return None
    base = context.path.rpartition(".")[0]
    paths = [f"{base}.{index}" for index in range(1, member[0])]
    return Followers(context.run.records, context.step.name, paths)


def gang_seconds() -> int:
    """How long members wait for each other; refuses what is no such time."""
    text = os.environ.get(TIMEOUT) or str(_TIMEOUT_SECONDS)
    if not text.isdecimal() or text.strip("0") == "":
        raise RefusalError(f"`{TIMEOUT}` must be a number of seconds above 0, not `{text}`")
    return int(text)


class Followers:
    """The members that the main node waits for, and what was on record of them when it started."""

    def __init__(self, records: Records, step: str, paths: Iterable[str]) -> None:
        self._records = records
        self._step = step
        self._before = {path: records.seen(step, path) for path in paths}

    def wait(self, *, anew: bool, most: float | None = None) -> None:
        """Wait until all have committed, `anew`: since this execution started.

        No longer than members of a gang ever wait for each other, nor than `most` seconds.
        """
        seconds = gang_seconds() if most is None else min(most, gang_seconds())
        missing = list(self._before)
        pause, deadline = _FIRST_PAUSE, time.monotonic() + seconds
        while missing := [path for path in missing if not self._is_done(path, anew=anew)]:
            if time.monotonic() >= deadline:
                who = ", ".join(path.rpartition(".")[2] for path in missing)
                raise GangError(f"not committed after {seconds:g} s: members {who}")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _is_done(self, path: str, *, anew: bool) -> bool:
        found = self._records.seen(self._step, path)
        return found is not None and not (anew and found == self._before[path])
