"""The metadata of a run, made from its records, for Metaflow's Client on another machine.

What the Client reads of a run in a bucket is in that bucket but for what it finds it by, and that
it takes from a folder of the machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.history.tasks import steps_of, tasks_of
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.foreach_stack import frame, whereabouts
from flowc.runtime.metadata import Metadata, Place, environment, kind_and_root
from flowc.runtime.plan import Plan
from flowc.runtime.run_store import (
    PARAMETERS,
    PARAMETERS_PATH,
    STACK,
    RunStore,
    without_items,
)

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.history.reader import Reader
    from flowc.history.runs import Run
    from flowc.history.tasks import Task

# As many connections as boto3 keeps to one server.
_THREADS = 10


def pull(reader: Reader, run: Run, into: Path) -> int:
    """Write the metadata of a run into a folder `.metaflow`; how many tasks it tells of."""
    named = f"{run.flow}/{run.run}"
    text = reader.content(f"{named}/_flowc/plan.json")
    if text is None:
        raise UsageError(f"{named} in {reader.url} has no plan on record; it has not started")
    with reader.readable(f"{named}/_flowc/plan.json"):
        plan = Plan(text.decode())
    puller = _Puller(reader, run, reader.run_store(plan, run.run), into)
    with reader.readable(named):
        puller.parameters()
        tasks = tasks_of(reader, run, steps_of(reader, run))
        with ThreadPoolExecutor(_THREADS) as threads:
            return len(list(threads.map(puller.task, tasks)))


@dataclass(frozen=True, slots=True)
class _Puller:
    reader: Reader
    run: Run
    store: RunStore
    into: Path

    def parameters(self) -> None:
        found = self.store.parameters() or {}
        plan, flow = self.store.plan, self.run.flow
        key = self.store.task(PARAMETERS, PARAMETERS_PATH)
        written = self.reader.written(flow, key, 0)
        metadata = self._metadata(key, 0, self.run.started or written)
        metadata.start({**environment(), "script-name": plan.file})
        ends = {"start_step": plan.start, "end_step": plan.end}
        self._metadata(key, 0, written).finish(found, ends, ok=True)

    def task(self, task: Task) -> None:
        for attempt in task.attempts:
            self._attempt(task, attempt, is_last=attempt == task.attempts[-1])

    def _attempt(self, task: Task, attempt: int, *, is_last: bool) -> None:
        flow, key = self.run.flow, self.store.task(task.step, task.path)
        mark = f"{flow}/{self.run.run}/_flowc/attempts/{task.step}/{task.path}@{attempt}.json"
        started = self.reader.time(mark)
        self._metadata(key, attempt, started).start(whereabouts(self.store, task.step, task.path))
        if attempt != task.committed:
            if not is_last:
                self._metadata(key, attempt, started).finish({}, {}, ok=False)
            return
        written = self.reader.written(flow, key, attempt)
        found = without_items(self.reader.artifacts(flow, key, attempt))
        self._stack(task, attempt, written, has=STACK in found)
        self._metadata(key, attempt, written).finish(found, {}, ok=True)

    def _stack(self, task: Task, attempt: int, written: float | None, *, has: bool) -> None:
        """Let the Client know a task's index, which those in a cluster do not write down."""
        foreaches = list(self.store.foreaches(task.step, task.path))
        if has or not foreaches:
            return
        frames = [
            frame(self.store, each.at, self._count(each.at, base), index, None)
            for each, base, index in foreaches
        ]
        place = self._place("local", str(self.into.absolute()))
        saved = Artifacts(place.folder, self.run.flow).save(STACK, frames)
        key = self.store.task(task.step, task.path)
        own = Metadata(place, self.run.flow, key, attempt, partial(_milliseconds, written))
        own.enlist({STACK: saved})

    def _count(self, step: str, base: str) -> int:
        return self.store.records.control(step, base).count

    def _metadata(self, key: str, attempt: int, seconds: float | None) -> Metadata:
        place = self._place(*kind_and_root(self.reader.url))
        return Metadata(place, self.run.flow, key, attempt, partial(_milliseconds, seconds))

    def _place(self, kind: str, root: str) -> Place:
        return Place(str(self.into.absolute()), kind, root)


def _milliseconds(seconds: float | None) -> int:
    return round((seconds or 0) * 1000)
