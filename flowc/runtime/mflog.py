"""Logs as the store has them: each line has a head, by which Metaflow's Client finds it."""

from __future__ import annotations

import re

_HEAD = re.compile(rb"^\[MFLOG\|0\|[^|\n]*\|[^|\n]*\|[^]\n]*\]", re.MULTILINE)


def plain(log: bytes) -> bytes:
    """What the task wrote, byte by byte; a line without a head is taken as it is."""
    return _HEAD.sub(b"", log)
