"""The metadata of a run, made from its records, for Metaflow's Client on another machine.

What the Client reads of a run in a bucket is in that bucket but for what it finds it by, and that
it takes from a folder of the machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.history.tasks import steps_of, tasks_of
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.foreach_stack import frame, whereabouts
from flowc.runtime.metadata import Place, environment, kind_and_root
from flowc.runtime.plan import Plan
from flowc.runtime.run_store import PARAMETERS, PARAMETERS_PATH, STACK, without_items

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import SimpleNamespace

    from flowc.history.reader import Reader
    from flowc.history.runs import Run
    from flowc.history.tasks import Task
    from flowc.runtime.run_store import RunStore

# As many connections as boto3 keeps to one server.
_THREADS = 10


def pull(reader: Reader, run: Run, into: Path) -> int:
    """Write the metadata of a run into a folder `.metaflow`; how many tasks it tells of."""
    named = f"{run.flow}/{run.run}"
    text = reader.content(f"{named}/_flowc/plan.json")
    if text is None:
        raise UsageError(f"{named} in {reader.url} has no plan on record; it has not started")
    folder = str(into.absolute())
    with reader.readable(f"{named}/_flowc/plan.json"):
        store = reader.run_store(
            Plan(text.decode()), run.run, Place(folder, *kind_and_root(reader.url))
        )
    puller = _Puller(reader, run, store, Place(folder, "local", folder))
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
    here: Place

    def parameters(self) -> None:
        place, plan = (PARAMETERS, PARAMETERS_PATH), self.store.plan
        written = self.reader.began(self.run.flow, self.run.run)
        begun = self.store.metadata(*place, 0, _at(self.run.started or written))
        begun.start({**environment(), "script-name": plan.file})
        ends = {"start_step": plan.start, "end_step": plan.end}
        ended = self.store.metadata(*place, 0, _at(written))
        ended.finish(self.store.parameters() or {}, ends, ok=True)

    def task(self, task: Task) -> None:
        for attempt in task.attempts:
            self._attempt(task, attempt)

    def _attempt(self, task: Task, attempt: int) -> None:
        step, path = task.step, task.path
        mark = f"{self.run.flow}/{self.run.run}/_flowc/attempts/{step}/{path}@{attempt}.json"
        started = _at(self.reader.time(mark))
        begun = self.store.metadata(step, path, attempt, started)
        begun.start(whereabouts(self.store, step, path))
        if attempt == task.committed:
            self._commit(task, attempt)
        elif attempt != task.attempts[-1]:
            # Where there is a later one, this one has failed.
            begun.finish({}, {}, ok=False)

    def _commit(self, task: Task, attempt: int) -> None:
        done = self.store.records.done(task.step, task.path)
        ended = self.store.metadata(task.step, task.path, attempt, _at(done.time))
        found = without_items(done.artifacts)
        if STACK not in found and (frames := self._frames(task)):
            # Tasks in a cluster do not write down what only the Client reads.
            saved = Artifacts(self.here.folder, self.run.flow).save(STACK, frames)
            ended.enlist({STACK: saved}, self.here)
        ended.finish(found, {}, ok=True)

    def _frames(self, task: Task) -> list[SimpleNamespace]:
        return [
            frame(self.store, each.at, self.store.records.control(each.at, base).count, index, None)
            for each, base, index in self.store.foreaches(task.step, task.path)
        ]


def _at(seconds: float | None) -> Callable[[], int]:
    """A clock that stands still."""
    return lambda: round((seconds or 0) * 1000)
