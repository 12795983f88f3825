"""What tasks wrote, where the engine keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from flowc.errors import UsageError
from flowc.runtime.mflog import plain

if TYPE_CHECKING:
    from flowc.history.reader import Reader
    from flowc.history.runs import Run
    from flowc.history.tasks import Task

# Where an attempt that began with a record has its log, if the engine keeps it.
Elsewhere: TypeAlias = Callable[[Mapping[str, Any]], Iterator[str] | None]

STREAMS = ("stdout", "stderr")
OUTPUT = "output"
_PIECE = 1024 * 1024
# A longer one is not kept together.
_LONGEST_LINE = 8 * _PIECE


@dataclass(frozen=True, slots=True)
class Log:
    """What an attempt of a task wrote, by stream; a stream that was not kept is left out.

    Where an engine keeps what containers write, both streams are one, `output`.

    Texts come in pieces of whole lines, and can be read once.
    """

    task: Task
    attempt: int
    texts: dict[str, Iterator[str]]


def read_logs(
    reader: Reader,
    run: Run,
    tasks: Sequence[Task],
    streams: Sequence[str],
    attempt: int | None = None,
) -> Iterator[Log]:
    """The logs of each task's attempt with that number, or else of its last."""
    found = [task for task in tasks if attempt is None or attempt in task.attempts]
    if tasks and not found:
        known = sorted({number for task in tasks for number in task.attempts})
        has = ", ".join(map(str, known)) or "none"
        raise UsageError(f"there is no attempt {attempt}; the attempts on record are {has}")
    return (_read(reader, run, task, streams, attempt) for task in found)


def or_elsewhere(reader: Reader, run: Run, log: Log, elsewhere: Elsewhere) -> Log:
    """A log, or what the engine keeps of an attempt that has left none in the store."""
    if log.texts:
        return log
    task = log.task
    ran, number = _ran(reader, run, task, log.attempt)
    key = f"{run.flow}/{ran}/_flowc/attempts/{task.step}/{task.path}@{number}.json"
    text = elsewhere(reader.entries(key))
    return log if text is None else replace(log, texts={OUTPUT: text})


def _read(reader: Reader, run: Run, task: Task, streams: Sequence[str], attempt: int | None) -> Log:
    number = max(task.attempts, default=0) if attempt is None else attempt
    ran = _ran(reader, run, task, number)
    base = f"{run.flow}/{ran[0]}/{task.step}/{task.path}/{ran[1]}"
    keys = {stream: f"{base}.task_{stream}.log" for stream in streams}
    kept = {stream: reader.stream(key) for stream, key in keys.items()}
    texts = {name: _pieces(reader, keys[name], log) for name, log in kept.items() if log}
    return Log(task, number, texts)


def _ran(reader: Reader, run: Run, task: Task, number: int) -> tuple[str, int]:
    """The run in which a task has run, and the attempt there: it may have been cloned."""
    cloned = reader.origin(run.flow, run.run, (task.step, task.path)) if task.origin else None
    return cloned or (run.run, number)


def _pieces(reader: Reader, key: str, log: BinaryIO) -> Iterator[str]:
    """The text of a log, without having all of it in memory."""
    rest = b""
    with log, reader.readable(key):
        while piece := log.read(_PIECE):
            lines, newline, rest = (rest + piece).rpartition(b"\n")
            if not newline and len(rest) > _LONGEST_LINE:
                lines, rest = rest, b""
            if lines or newline:
                yield plain(lines + newline).decode(errors="replace")
    if rest:
        yield plain(rest).decode(errors="replace")
