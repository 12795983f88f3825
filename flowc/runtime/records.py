"""The records of a run that Metaflow does not know: attempts, control and done."""

from __future__ import annotations

import json
import time

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


class Done:
    """A committed task: the attempt that counts, and whether `@catch` stood in for it."""

    __slots__ = ("attempt", "caught")

    def __init__(self, attempt: int, *, caught: bool) -> None:
        self.attempt = attempt
        self.caught = caught


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

    def keep_plan(self, text: str) -> None:
        """Put the plan beside the records, for those who only see what a run has left."""
        if not self._store.exists(f"{self._base}/plan.json"):
            self._store.write(f"{self._base}/plan.json", text.encode())

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
        entries = self._await("done", step, path)
        return Done(entries["attempt"], caught=entries["caught"])

    def find_done(self, step: str, path: str) -> Done | None:
        """How a task was committed, or `None` if it is not."""
        entries = self._read(f"done/{step}/{path}")
        return None if entries is None else Done(entries["attempt"], caught=entries["caught"])

    def write_done(
        self, task: TaskId, attempt: int, parents: list[TaskId], *, caught: bool
    ) -> None:
        """Commit a task: from now on readers see it."""
        step, path = task
        entries = {"attempt": attempt, "parents": parents, "caught": caught}
        self._write(f"done/{step}/{path}", entries)

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
