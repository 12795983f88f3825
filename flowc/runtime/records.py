"""The records of a run that Metaflow does not know: attempts, control and done."""

from __future__ import annotations

import json
import time

from flowc.runtime.about import About
from flowc.runtime.artifacts import Artifact, parsed, sha1
from flowc.runtime.container import container
from flowc.runtime.errors import RefusalError, TaskMissingError
from flowc.runtime.plan import Plan
from flowc.runtime.position import Control

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from flowc.runtime.position import TaskId
    from flowc.runtime.store import Store

    T = TypeVar("T")

_PAUSE = 0.1
# What reads a done record for an engine takes no more than this, and some to spare: the payload of
# a state has 256 KiB, https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_LARGEST_DONE = 128 * 1024
_LONG = ("parents", "artifacts")
# A task asks for the same few records over and over; a join asks for thousands once.
_KEPT = 16
_ABOUT = "about"


class Done:
    """A committed task: all that others read of it.

    `attempt` is the one that counts, `time` when it was committed, in seconds since 1970, `caught`
    whether `@catch` stood in for it. `parameters` names those of the first task's artifacts that
    are the parameters of the run. `origin` is the run that it was cloned from, or empty.
    """

    __slots__ = (
        *("artifacts", "attempt", "caught", "control", "origin", "parameters", "parents", "time"),
    )

    def __init__(  # noqa: PLR0913 (each is a field)
        self,
        *,
        attempt: int,
        time: float,
        parents: list[TaskId],
        parameters: list[str],
        caught: bool,
        artifacts: dict[str, Artifact],
        control: Control,
        origin: str = "",
    ) -> None:
        self.attempt = attempt
        self.time = time
        self.parents = parents
        self.parameters = parameters
        self.caught = caught
        self.artifacts = artifacts
        self.control = control
        self.origin = origin

    def entries(self) -> dict[str, Any]:
        """What it says, as JSON has it."""
        kept = self.artifacts.items()
        artifacts = {name: [each.sha, each.size, each.type] for name, each in kept}
        parameters = {"parameters": self.parameters} if self.parameters else {}
        control = {"control": self.control.entries()} if self.control else {}
        origin = {"origin": self.origin} if self.origin else {}
        return {
            "attempt": self.attempt,
            "time": self.time,
            "parents": self.parents,
            "caught": self.caught,
            "artifacts": artifacts,
            **parameters,
            **control,
            **origin,
        }


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
        self._kept: dict[TaskId, Done] = {}

    def start(self, step: str, path: str, attempt: int) -> None:
        """Mark an attempt as started, and say which container it runs in."""
        self._write(f"attempts/{step}/{path}@{attempt}", {"time": time.time(), **container()})

    def keep_plan(self, text: str) -> None:
        """Put the plan beside the records, for those who only see what a run has left."""
        if not self._store.exists(f"{self._base}/plan.json"):
            self._store.write(f"{self._base}/plan.json", text.encode())

    def plan(self) -> Plan | None:
        """The plan of a run that keeps one which can still be read."""
        content = self._store.read(f"{self._base}/plan.json")
        try:
            return Plan(content.decode()) if content else None
        except RefusalError:
            return None

    def count_attempts(self, step: str, path: str) -> int:
        """How many attempts of a task have started."""
        count = 0
        while self._store.exists(self._key(f"attempts/{step}/{path}@{count}")):
            count += 1
        return count

    def control(self, step: str, path: str) -> Control:
        """What a task decided, or what a latch decided about the loop at that path; waits for it.

        A latch's tasks lie below the path of their loop, where nothing but this is on record.
        """
        return self._await(step, path, lambda: self._control(step, path))

    def write_control(self, step: str, path: str, control: Control) -> None:
        """Record what a latch decided about the loop at a path."""
        self._write(f"control/{step}/{path}", control.entries())

    def done(self, step: str, path: str) -> Done:
        """How a task was committed; waits for it, and finds the same for as long as it is kept."""
        kept = self._kept.get((step, path))
        return kept or self._await(step, path, lambda: self.find_done(step, path))

    def find_done(self, step: str, path: str) -> Done | None:
        """How a task was committed, or `None` if it is not."""
        found = self._read(f"done/{step}/{path}", lambda entries: _done(self._whole(entries)))
        if found is not None:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[step, path] = found
        return found

    def seen(self, step: str, path: str) -> bytes | None:
        """The done record of a task, if there is one, for `commit` to know what it replaces."""
        return self._store.read(self._key(f"done/{step}/{path}"))

    def commit(self, task: TaskId, done: Done, seen: bytes | None) -> Done:
        """Commit a task, unless another execution was faster; the commit that stands.

        `seen` is the done record that was there when this execution started. Where it was, the
        task runs again on purpose, and of all that started so the first replaces it.
        """
        step, path = task
        key = self._key(f"done/{step}/{path}")
        content = self._content(done)
        if seen is None:
            is_first = self._store.create(key, content)
        else:
            claim = self._key(f"replaced/{step}/{path}@{sha1(seen)}")
            is_first = self._store.create(claim, content)
            # Who was first may have been stopped before the record was replaced.
            if is_first or self._store.read(key) == seen:
                first = content if is_first else self._store.read(claim)
                self._store.write(key, first or content)
        if is_first:
            return done
        self._kept.pop(task, None)
        return self.done(step, path)

    def _content(self, done: Done) -> bytes:
        """A done record, after what is too long for it was put beside it."""
        entries = done.entries()
        content = json.dumps(entries).encode()
        if len(content) <= _LARGEST_DONE:
            return content
        rest = json.dumps({name: entries.pop(name) for name in _LONG}).encode()
        entries["rest"] = sha1(rest)
        self._store.write(self._key(f"rest/{entries['rest']}"), rest)
        return json.dumps(entries).encode()

    def _whole(self, entries: dict[str, Any]) -> dict[str, Any]:
        """All that a done record says."""
        if "rest" not in entries:
            return entries
        rest = self.wait_for(lambda: self._read(f"rest/{entries['rest']}", dict))
        return {**entries, **(rest or {})}

    def about(self) -> About:
        """What the run is annotated with."""
        return self._read(_ABOUT, About) or About({})

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

    def _control(self, step: str, path: str) -> Control | None:
        done = self._kept.get((step, path)) or self.find_done(step, path)
        return done.control if done else self._read(f"control/{step}/{path}", _left)

    def _await(self, step: str, path: str, look: Callable[[], T | None]) -> T:
        found = self.wait_for(look)
        if found is None:
            raise TaskMissingError(f"task `{step}` at `{path}` has no done record in {self._base}")
        return found

    def _key(self, name: str) -> str:
        return f"{self._base}/{name}.json"

    def _read(self, name: str, parse: Callable[[Any], T]) -> T | None:
        key = self._key(name)
        content = self._store.read(key)
        return None if content is None else parsed(key, content, parse)

    def _write(self, name: str, entries: dict[str, Any]) -> None:
        self._store.write(self._key(name), json.dumps(entries).encode())


def _control(entries: Any) -> Control:
    return Control(
        count=int(entries.get("count", 0)),
        next=str(entries.get("next", "")),
        path=str(entries.get("path", "")),
    )


def _left(entries: Any) -> Control:
    return Control(next=str(entries["next"]), last=int(entries["last"]))


def _done(entries: Any) -> Done:
    return Done(
        attempt=int(entries["attempt"]),
        time=float(entries["time"]),
        parents=[(step, path) for step, path in entries["parents"]],
        parameters=list(entries.get("parameters", ())),
        caught=bool(entries["caught"]),
        artifacts={name: Artifact(*about) for name, about in entries["artifacts"].items()},
        control=_control(entries.get("control", {})),
        origin=str(entries.get("origin", "")),
    )
