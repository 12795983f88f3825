"""Logs as the store has them: each line has a head, by which Metaflow's Client finds it."""

from __future__ import annotations

import re
import time

_HEAD = re.compile(rb"^\[MFLOG\|0\|[^|\n]*\|[^|\n]*\|[^]\n]*\]", re.MULTILINE)


class Heads:
    """Puts a head before each line, by which Metaflow's Client tells and orders lines.

    Without the heads, the bytes are as they were written.
    """

    def __init__(self) -> None:
        self._count = 0
        self._is_inside = False
        self._latest = 0

    def feed(self, chunk: bytes) -> bytes:
        """The chunk with a head wherever a line begins."""
        *whole, rest = chunk.split(b"\n")
        lines = [line + b"\n" for line in whole] + ([rest] if rest else [])
        first, self._is_inside = int(self._is_inside), bool(rest)
        lines[first:] = self._headed(lines[first:])
        return b"".join(lines)

    def _headed(self, lines: list[bytes]) -> list[bytes]:
        # The Client puts lines into the order of their times, whatever the clock does, and those
        # of the same time into the order of their numbers.
        self._latest = max(self._latest, time.time_ns() // 1000)
        seconds, micros = divmod(self._latest, 1_000_000)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
        head = f"[MFLOG|0|{moment}.{micros:06}Z|task|".encode()
        first = self._count
        self._count += len(lines)
        return [b"%s%010d]%s" % (head, number, line) for number, line in enumerate(lines, first)]


def plain(log: bytes) -> bytes:
    """What the task wrote, byte by byte; a line without a head is taken as it is."""
    return _HEAD.sub(b"", log)
