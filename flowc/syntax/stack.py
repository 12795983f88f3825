"""A place to read in where deep and large trees do no harm."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

# libcst's parser recurses on the native stack; a file that Python itself accepts can be deep.
_STACK_BYTES = 256 * 1024 * 1024


def on_a_large_stack(read: Callable[[], T]) -> T:
    """What `read` returns or raises, run in a thread with a stack for deep trees."""
    returned: list[T] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            returned.append(read())
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            raised.append(error)

    thread = threading.Thread(target=run)
    with _collector_paused():
        before = threading.stack_size(_STACK_BYTES)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
        thread.join()
    if raised:
        raise raised[0]
    return returned[0]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Trees are made of new objects alone; looking for garbage among them only takes time."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
