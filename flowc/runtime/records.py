"""The records of a run that Metaflow does not know: attempts, control and done."""

from __future__ import annotations

import json
import time

from flowc.runtime.about import About
from flowc.runtime.errors import TaskMissingError
from flowc.runtime.position import Control

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from flowc.runtime.position import TaskId
    from flowc.runtime.store import Store

    T = TypeVar("T")

_PAUSE = 0.1
_ABOUT = "about"


class Done:
    """A committed task: the attempt that counts, and whether `@catch` stood in for it.

    `parents` are the tasks whose artifacts it started from, `origin` the run that it was cloned
    from, or empty.
    """

    __slots__ = ("attempt", "caught", "origin", "parents")

    def __init__(self, entries: dict[str, Any]) -> None:
        self.attempt: int = entries["attempt"]
        self.caught: bool = entries["caught"]
        self.parents: list[TaskId] = [(step, path) for step, path in entries["parents"]]
        self.origin: str = entries.get("origin", "")


def origin_of(store: Store, flow: str, run: str, task: TaskId) -> tuple[str, int] | None:
    """The run in which a task has run that others cloned, and the attempt that counts."""
    done = Records(store, flow, run).find_done(*task)
    while done is not None and done.origin:
        run = done.origin
        done = Records(store, flow, run).find_done(*task)
    return None if done is None else (run, done.attempt)


class Records:
    """One run's records. `patience` is how many seconds to wait for one that must be there.

    On a file system that several machines share, a file may stay invisible for a few seconds.
    """

    def __init__(self, store: Store, flow: str, run: str, patience: float = 0) -> None:
        self._store = store
        self._base = f"{flow}/{run}/_flowc"
        self._patience = patience

    def start(self, step: str, path: str, attempt: int) -> None:
        """Mark an attempt as started."""
        self._write(f"attempts/{step}/{path}@{attempt}", {"time": time.time()})

    def count_attempts(self, step: str, path: str) -> int:
        """How many attempts of a task have started."""
        count = 0
        while self._store.exists(f"{self._base}/attempts/{step}/{path}@{count}.json"):
            count += 1
        return count

    def control(self, step: str, path: str) -> Control:
        """What a task decided; waits for it."""
        return Control(**self._await("control", step, path))

    def write_control(self, step: str, path: str, control: Control) -> None:
        """Record what a task decided."""
        self._write(f"control/{step}/{path}", control.entries())

    def done(self, step: str, path: str) -> Done:
        """How a task was committed; waits for it."""
        return Done(self._await("done", step, path))

    def find_done(self, step: str, path: str) -> Done | None:
        """How a task was committed, or `None` if it is not."""
        entries = self._read(f"done/{step}/{path}")
        return None if entries is None else Done(entries)

    def write_done(
        self, task: TaskId, attempt: int, parents: list[TaskId], *, caught: bool, origin: str = ""
    ) -> None:
        """Commit a task: from now on readers see it. `origin` is the run it is cloned from."""
        step, path = task
        entries: dict[str, Any] = {"attempt": attempt, "parents": parents, "caught": caught}
        if origin:
            entries["origin"] = origin
        self._write(f"done/{step}/{path}", entries)

    def about(self) -> About:
        """What the run is annotated with."""
        return About(self._read(_ABOUT) or {})

    def write_about(self, about: About) -> None:
        """Annotate the run."""
        self._write(_ABOUT, about.entries())

    def wait_for(self, look: Callable[[], T | None]) -> T | None:
        """What `look` finds, as soon as it finds something; `None` when patience is at an end."""
        deadline = time.monotonic() + self._patience
        while True:
            found = look()
            if found is not None or time.monotonic() >= deadline:
                return found
            time.sleep(_PAUSE)

    def _await(self, kind: str, step: str, path: str) -> dict[str, Any]:
        entries = self.wait_for(lambda: self._read(f"{kind}/{step}/{path}"))
        if entries is None:
            raise TaskMissingError(
                f"task `{step}` at `{path}` has no {kind} record in {self._base}"
            )
        return entries

    def _read(self, name: str) -> dict[str, Any] | None:
        content = self._store.read(f"{self._base}/{name}.json")
        return None if content is None else json.loads(content)

    def _write(self, name: str, entries: dict[str, Any]) -> None:
        self._store.write(f"{self._base}/{name}.json", json.dumps(entries).encode())
