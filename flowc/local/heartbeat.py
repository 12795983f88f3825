"""Says again and again that an engine lives, where the store is no folder that can be locked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.local.lifetime import LOCK, this_host

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.local.settings import RunSettings

_SECONDS = 30
# Clocks of machines differ a little, and a request may have to be made again.
LOST_SECONDS = 5 * _SECONDS
# How long the end of a run waits for a beat that is on its way.
_LAST_SECONDS = 5


@contextmanager
def heartbeat(settings: RunSettings, records: Path) -> Iterator[None]:
    """While the context lasts, a remote store knows that the run goes on; nothing for a folder."""
    if settings.remote is None:
        yield
        return
    over = Event()
    thread = Thread(target=_beat, args=(settings, records, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_LAST_SECONDS)


def _beat(settings: RunSettings, records: Path, over: Event) -> None:
    began, pulse = time.time(), records / "beat.json"
    while settings.remote:
        entries = {"time": began, "host": this_host(), "beat": time.time()}
        # A run is not worth losing because its history cannot be kept.
        with suppress(OSError, UsageError):
            pulse.write_text(json.dumps(entries), encoding="utf-8")
            settings.remote.put(settings.key(records / LOCK), pulse)
        if over.wait(_SECONDS):
            return
