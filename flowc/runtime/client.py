"""A read-only client of the store: flows, runs, steps, tasks and their artifacts."""

from __future__ import annotations

from datetime import datetime, timezone

from flowc.runtime.artifacts import BLOBS
from flowc.runtime.client_artifacts import DataArtifact, TaskData
from flowc.runtime.entity import Entity
from flowc.runtime.mflog import plain
from flowc.runtime.namespaces import is_seen
from flowc.runtime.records import Records, origin_of
from flowc.runtime.run_store import PARAMETERS, PARAMETERS_PATH
from flowc.runtime.tags import replace_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.records import Done


class Flow(Entity):
    """All runs of a flow: `Flow("TrainFlow")`."""

    _parts = ("Flow",)

    @property
    def latest_run(self) -> Run | None:
        """The run that was started last, or `None` if there is none."""
        return next(self.runs(), None)

    @property
    def latest_successful_run(self) -> Run | None:
        """The run that was started last of those that succeeded, or `None`."""
        return next((run for run in self.runs() if run.successful), None)

    def runs(self, *tags: str) -> Iterator[Run]:
        """All runs in the namespace that have all those tags, the newest first."""
        started = ((self._started(name), name) for name in self._children())
        for _, name in sorted(((time, name) for time, name in started if time), reverse=True):
            run = Run(f"{self.pathspec}/{name}", _namespace_check=False)
            if run.is_in_namespace() and run.tags.issuperset(tags):
                yield run

    def is_in_namespace(self) -> bool:
        """Whether any of its runs is of the namespace that is set."""
        runs = self._children()
        records = (Records(self._store, self.pathspec, name) for name in reversed(runs))
        return not runs or any(is_seen(each.about()) for each in records)

    def __iter__(self) -> Iterator[Run]:
        return self.runs()

    def __getitem__(self, name: str) -> Run:
        return Run(f"{self.pathspec}/{name}", _namespace_check=self._checks)

    def _children(self) -> list[str]:
        # What is deployed stands beside the runs.
        children = super()._children()
        return [name for name in children if name != BLOBS and not name.startswith("_")]

    def _is_there(self) -> bool:
        return bool(super()._children())

    def _started(self, run: str) -> float | None:
        return self._artifacts.started(f"{run}/{PARAMETERS}/{PARAMETERS_PATH}", 0)


class Run(Entity):
    """One run of a flow: `Run("TrainFlow/1")`."""

    _parts = ("Flow", "run")

    @property
    def successful(self) -> bool:
        """Whether the last step has ended well."""
        return self.end_task is not None

    @property
    def finished(self) -> bool:
        """Whether the last step has ended; one that failed may be tried again any time."""
        return self.end_task is not None

    @property
    def data(self) -> TaskData | None:
        """The artifacts of the last step, or `None` before it has ended."""
        return self.end_task.data if self.end_task else None

    @property
    def created_at(self) -> datetime | None:
        """When the run started, or `None` before its parameters are known."""
        return _time(self._artifacts.started(f"{self.id}/{PARAMETERS}/{PARAMETERS_PATH}", 0))

    @property
    def finished_at(self) -> datetime | None:
        """When the last step ended, or `None` before."""
        return self.end_task.finished_at if self.end_task else None

    @property
    def end_task(self) -> Task | None:
        """The task of the last step, once it has ended."""
        parameters = self._artifacts.read(f"{self.id}/{PARAMETERS}/{PARAMETERS_PATH}", 0) or {}
        if "_graph_info" not in parameters:
            return None
        end = self._artifacts.load("_graph_info", parameters["_graph_info"])["end_step"]
        tasks = self[end].tasks() if end in self else iter(())
        return next((task for task in tasks if task.finished), None)

    @property
    def parent(self) -> Flow:
        return Flow(self.path_components[0], _namespace_check=False)

    def steps(self, *tags: str) -> Iterator[Step]:
        """All steps that have started, the one that started last first, if the run is so tagged."""
        steps = [self[name] for name in self._children()] if self._has(tags) else []
        return iter(sorted(steps, key=_newest_first))

    def add_tag(self, tag: str | Iterable[str]) -> None:
        """Give a tag to the run, or several."""
        self.replace_tags((), tag)

    def add_tags(self, tags: Iterable[str]) -> None:
        """Give tags to the run."""
        self.replace_tags((), tags)

    def remove_tag(self, tag: str | Iterable[str]) -> None:
        """Take a tag from the run, or several."""
        self.replace_tags(tag, ())

    def remove_tags(self, tags: Iterable[str]) -> None:
        """Take tags from the run."""
        self.replace_tags(tags, ())

    def replace_tag(self, tag_to_remove: str, tag_to_add: str) -> None:
        """Take one tag from the run and give it another."""
        self.replace_tags(tag_to_remove, tag_to_add)

    def replace_tags(
        self, tags_to_remove: str | Iterable[str], tags_to_add: str | Iterable[str]
    ) -> None:
        """Take tags from the run and give it others, in this order."""
        self._annotations = replace_tags(self._store, self.pathspec, tags_to_remove, tags_to_add)

    def __iter__(self) -> Iterator[Step]:
        return self.steps()

    def __contains__(self, step: str) -> bool:
        return step in self._children()

    def __getitem__(self, step: str) -> Step:
        return Step(f"{self.pathspec}/{step}", _namespace_check=self._checks)

    def _children(self) -> list[str]:
        return [name for name in super()._children() if not name.startswith("_")]

    def _is_there(self) -> bool:
        return bool(super()._children())


class Step(Entity):
    """All tasks of a step in a run: `Step("TrainFlow/1/fit")`."""

    _parts = ("Flow", "run", "step")

    @property
    def task(self) -> Task | None:
        """The task that ended last; the only one, unless the step is in a foreach or loop."""
        return next(self.tasks(), None)

    @property
    def created_at(self) -> datetime | None:
        """When its last attempt ended."""
        return self.task.created_at if self.task else None

    @property
    def parent(self) -> Run:
        return Run(self.pathspec.rpartition("/")[0], _namespace_check=self._checks)

    def tasks(self, *tags: str) -> Iterator[Task]:
        """All tasks with artifacts, the one that ended last first, if the run is so tagged."""
        tasks = [self[name] for name in self._children()] if self._has(tags) else []
        return iter(sorted(tasks, key=_newest_first))

    def __iter__(self) -> Iterator[Task]:
        return self.tasks()

    def __getitem__(self, path: str) -> Task:
        return Task(f"{self.pathspec}/{path}", _namespace_check=self._checks)


class Task(Entity):
    """One task: `Task("TrainFlow/1/fit/t.3")`."""

    _parts = ("Flow", "run", "step", "task")

    @property
    def successful(self) -> bool:
        """Whether the task was committed."""
        return self._done() is not None

    @property
    def finished(self) -> bool:
        """Whether the task was committed; one that failed may be tried again any time."""
        return self._done() is not None

    @property
    def data(self) -> TaskData:
        """The artifacts as attributes."""
        return TaskData(self)

    @property
    def artifacts(self) -> dict[str, DataArtifact]:
        """The artifacts by name."""
        return {name: self[name] for name in self.listing() if not name.startswith("_")}

    @property
    def created_at(self) -> datetime | None:
        """When the attempt that counts left its artifacts, or `None` if there is none."""
        done = self._done()
        return _time(done.time) if done else None

    @property
    def finished_at(self) -> datetime | None:
        """When the attempt that counts left its artifacts, or `None` if there is none."""
        return self.created_at

    @property
    def index(self) -> int | None:
        """The index in the innermost foreach, or `None` outside of any."""
        indices = [frame for frame in self.id.split(".") if frame.isdigit()]
        return int(indices[-1]) if indices else None

    @property
    def stdout(self) -> str:
        """What the attempt that counts wrote to its standard output, where the engine keeps it."""
        return self._log("stdout")

    @property
    def stderr(self) -> str:
        """What the attempt that counts wrote to its standard error, where the engine keeps it."""
        return self._log("stderr")

    @property
    def parent(self) -> Step:
        return Step(self.pathspec.rpartition("/")[0], _namespace_check=self._checks)

    @property
    def origin_pathspec(self) -> str | None:
        """The task that it was cloned from, or `None` if it has run."""
        done = self._done()
        flow, _, step, path = self.path_components
        return f"{flow}/{done.origin}/{step}/{path}" if done and done.origin else None

    def listing(self) -> dict[str, Artifact]:
        """The artifacts as the store has them; none before the task was committed."""
        done = self._done()
        return done.artifacts if done else {}

    def load(self, name: str) -> Any:
        """The value of an artifact."""
        return self[name].data

    def __iter__(self) -> Iterator[DataArtifact]:
        return iter(self.artifacts.values())

    def __contains__(self, name: str) -> bool:
        return name in self.listing()

    def __getitem__(self, name: str) -> DataArtifact:
        return DataArtifact(f"{self.pathspec}/{name}", _namespace_check=self._checks)

    def _is_there(self) -> bool:
        flow, run, step, path = self.path_components
        return Records(self._store, flow, run).count_attempts(step, path) > 0

    def _done(self) -> Done | None:
        flow, run, step, path = self.path_components
        return Records(self._store, flow, run).find_done(step, path)

    def _log(self, stream: str) -> str:
        flow, run, step, path = self.path_components
        run, attempt = origin_of(self._store, flow, run, (step, path)) or (run, 0)
        name = f"{flow}/{run}/{step}/{path}/{attempt}.task_{stream}.log"
        return plain(self._store.read(name) or b"").decode(errors="replace")


def _newest_first(entity: Step | Task) -> tuple[float, str]:
    created = entity.created_at
    return (-created.timestamp() if created else 0, entity.id)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)
