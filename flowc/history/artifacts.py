"""What tasks have left, as the store lists it; no value is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc.history.reader import Reader
    from flowc.history.runs import Run
    from flowc.history.tasks import Task


@dataclass(frozen=True, slots=True)
class Listed:
    """An artifact: its type's name, its pickle's size in bytes and SHA-1."""

    task: str
    name: str
    type: str
    size: int
    sha: str


def list_artifacts(reader: Reader, run: Run, tasks: Sequence[Task]) -> Iterator[Listed]:
    """The artifacts of committed tasks, without those that a name's `_` marks as private."""
    for task in tasks:
        done = reader.done(run.flow, run.run, (task.step, task.path))
        for name, artifact in sorted(done.artifacts.items()) if done else ():
            if not name.startswith("_"):
                kind = artifact.type.removeprefix("<class '").removesuffix("'>")
                yield Listed(task.name, name, kind, artifact.size, artifact.sha)
