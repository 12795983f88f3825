"""`@timeout`: an exception in the user's code when its time is up."""

from __future__ import annotations

import signal
from contextlib import contextmanager

from flowc.runtime.errors import StepTimeoutError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def deadline(step: str, seconds: int) -> Iterator[None]:
    """Raise `StepTimeoutError` in the main thread after so many seconds; never, if they are 0."""
    if not seconds:
        yield
        return

    def stop(*_: object) -> None:
        raise StepTimeoutError(f"step `{step}` timed out after {_duration(seconds)}")

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} hours, {minutes} minutes, {seconds} seconds"
