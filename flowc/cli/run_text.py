"""Times of runs as texts."""

from __future__ import annotations


def iso(seconds: float | None) -> str | None:
    """A time as text, in the zone of this machine."""
    if seconds is None:
        return None
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(timespec="milliseconds")


def when(seconds: float | None) -> str:
    """A time for a table, to the second."""
    return (iso(seconds) or "")[:19].replace("T", " ")


def duration(seconds: float) -> str:
    """A duration for a table."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
