"""Chooses how a run is shown; what draws tables is slow to load."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from flowc.progress.lines import Lines
from flowc.progress.plain import say
from flowc.terminal import is_terminal

if TYPE_CHECKING:
    from flowc.ir.flow import Flow
    from flowc.local.events import Event

Listener: TypeAlias = Callable[["Event"], None]


@contextmanager
def live_view(flow: Flow) -> Iterator[Listener]:
    """A listener for the engine that shows a run as it goes on, and at its end what came of it."""
    if is_terminal(sys.stderr):
        from flowc.progress.live import live_table  # noqa: PLC0415 (only a terminal needs it)

        with live_table(flow) as listener:
            yield listener
    else:
        yield Lines(partial(say, sys.stderr), dict.fromkeys(flow.steps, ""), brief=False).hear
