"""The tasks of a run, with the attempts that have left a record or a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.history.runs import State

if TYPE_CHECKING:
    from flowc.history.reader import Reader
    from flowc.history.runs import Run

_OF_ATTEMPT = re.compile(r"(\d+)\.(?:task_(?:stdout|stderr)\.log|data\.json)")


@dataclass(frozen=True, slots=True)
class Task:
    """A task that has started. `committed` is the attempt that counts, if one does.

    `origin` is the run that it was cloned from, or empty.
    """

    step: str
    path: str
    attempts: tuple[int, ...]
    state: State
    started: float | None = None
    committed: int | None = None
    origin: str = ""

    @property
    def name(self) -> str:
        return f"{self.step}/{self.path}"


def steps_of(reader: Reader, run: Run) -> list[str]:
    """The steps of a run that have started."""
    base = f"{run.flow}/{run.run}"
    found = [*reader.names(base), *reader.names(f"{base}/_flowc/attempts")]
    return sorted({name for name in found if not name.startswith("_")})


def paths_of(reader: Reader, run: Run, step: str) -> list[str]:
    """The tasks of a step that have started."""
    return sorted(_attempts_by_path(reader, run, step))


def tasks_of(reader: Reader, run: Run, steps: list[str], path: str = "") -> list[Task]:
    """The tasks of some steps, or the one at a path, in the order of their start."""
    tasks = [task for step in steps for task in _tasks(reader, run, step, path)]
    return sorted(tasks, key=lambda task: (task.started is None, task.started or 0, task.name))


def _tasks(reader: Reader, run: Run, step: str, wanted: str) -> Iterator[Task]:
    for path, marked in _attempts_by_path(reader, run, step).items():
        if wanted in {"", path}:
            yield _task(reader, run, (step, path), marked)


def _attempts_by_path(reader: Reader, run: Run, step: str) -> dict[str, set[int]]:
    """The attempts of each task that say so themselves; a log may tell of more."""
    base = f"{run.flow}/{run.run}"
    found: dict[str, set[int]] = {
        name: set() for name in reader.names(f"{base}/{step}") if not name.startswith("_")
    }
    for name in reader.names(f"{base}/_flowc/attempts/{step}"):
        path, _, number = name.removesuffix(".json").rpartition("@")
        if number.isdecimal():
            found.setdefault(path, set()).add(int(number))
    return found


def _task(reader: Reader, run: Run, task: tuple[str, str], marked: set[int]) -> Task:
    step, path = task
    base = f"{run.flow}/{run.run}"
    kept = map(_OF_ATTEMPT.fullmatch, reader.names(f"{base}/{step}/{path}"))
    attempts = sorted(marked | {int(match[1]) for match in kept if match})
    mark = f"{base}/_flowc/attempts/{step}/{path}@{attempts[0] if attempts else 0}.json"
    done = reader.done(run.flow, run.run, task)
    return Task(
        step=step,
        path=path,
        attempts=tuple(attempts),
        state=State.FINISHED if done else _unfinished(run, task),
        started=reader.time(mark),
        committed=done.attempt if done else None,
        origin=done.origin if done else "",
    )


def _unfinished(run: Run, task: tuple[str, str]) -> State:
    """How a task stands that is not committed."""
    if task in run.failures:
        return State.FAILED
    if run.state in {State.FAILED, State.INTERRUPTED}:
        return State.INTERRUPTED
    return run.state if run.state in {State.RUNNING, State.LOST} else State.UNKNOWN
