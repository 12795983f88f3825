"""Ctrl-C and its relatives, turned into a call."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def intercepted(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` from the running loop for each signal that asks the program to end.

    A signal that is ignored, as under `nohup`, stays so. Python gives signals to the main thread
    only; elsewhere they stay with their owner.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in _NUMBERS}
    earlier = {n: handler for n, handler in handlers.items() if handler is not signal.SIG_IGN}
    for number in earlier:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
