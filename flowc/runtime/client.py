"""A read-only client of the store: flows, runs, steps, tasks and their artifacts."""

from __future__ import annotations

import os
from datetime import datetime, timezone

from flowc.runtime.artifacts import Artifacts
from flowc.runtime.current import current, username
from flowc.runtime.errors import InvalidPathspecError, NotFoundError
from flowc.runtime.metadata import META
from flowc.runtime.mflog import plain
from flowc.runtime.records import Records
from flowc.runtime.run_store import PARAMETERS, PARAMETERS_PATH
from flowc.runtime.store import open_store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.records import Done

_DEFAULT_STORE = ".metaflow"


class _Settings:
    """What `namespace` and `metadata` have set."""

    def __init__(self) -> None:
        self.namespace: str | None = f"user:{username()}"
        self.store = ""


_settings = _Settings()


def namespace(name: str | None) -> str | None:
    """Set the namespace, and give it back. Runs of all namespaces are visible all the same."""
    _settings.namespace = name
    return name


def get_namespace() -> str | None:
    """The namespace that was set, or else the user's."""
    return _settings.namespace


def default_namespace() -> str | None:
    """Set the namespace to the user's, and give it back."""
    return namespace(f"user:{username()}")


def metadata(place: str) -> str:
    """Read from the store at a path or URL, or at `local@` a path; gives back which it is."""
    _settings.store = place.partition("@")[2] if place.startswith("local@") else place
    return get_metadata()


def get_metadata() -> str:
    """Which store is read: that of `metadata`, the running task's, `FLOWC_STORE`, `.metaflow`."""
    url = _settings.store or current.store_url() or os.environ.get("FLOWC_STORE")
    return f"local@{url or _DEFAULT_STORE}"


class _Entity:
    """Something in the store, found by its pathspec; raises if it is not there."""

    _parts: tuple[str, ...] = ()

    def __init__(self, pathspec: str) -> None:
        words = pathspec.split("/")
        if len(words) != len(self._parts) or not all(words):
            shape = "/".join(self._parts)
            raise InvalidPathspecError(
                f"`{pathspec}` is no pathspec of a {type(self).__name__}, which is like `{shape}`"
            )
        self.pathspec = pathspec
        self.id = words[-1]
        self._store = open_store(get_metadata().partition("@")[2])
        self._artifacts = Artifacts(self._store, words[0])
        if not self._is_there():
            raise NotFoundError(f"{self!r} does not exist")

    @property
    def path_components(self) -> list[str]:
        """The words of the pathspec."""
        return self.pathspec.split("/")

    @property
    def tags(self) -> frozenset[str]:
        """None: the native runtime does not tag."""
        return frozenset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pathspec!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Entity) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(self.pathspec)

    def _is_there(self) -> bool:
        return bool(self._children())

    def _children(self) -> list[str]:
        return [name for name in self._store.names(self.pathspec) if name != META]


class Flow(_Entity):
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

    def runs(self) -> Iterator[Run]:
        """All runs, the newest first."""
        started = ((self._started(name), name) for name in self._children())
        for _, name in sorted(((time, name) for time, name in started if time), reverse=True):
            yield self[name]

    def __iter__(self) -> Iterator[Run]:
        return self.runs()

    def __getitem__(self, name: str) -> Run:
        return Run(f"{self.pathspec}/{name}")

    def _started(self, run: str) -> float | None:
        return self._artifacts.started(f"{run}/{PARAMETERS}/{PARAMETERS_PATH}", 0)


class Run(_Entity):
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
        return Flow(self.path_components[0])

    def steps(self) -> Iterator[Step]:
        """All steps that have started, the one that started last first."""
        steps = [Step(f"{self.pathspec}/{name}") for name in self._children()]
        return iter(sorted(steps, key=_newest_first))

    def __iter__(self) -> Iterator[Step]:
        return self.steps()

    def __contains__(self, step: str) -> bool:
        return step in self._children()

    def __getitem__(self, step: str) -> Step:
        return Step(f"{self.pathspec}/{step}")

    def _children(self) -> list[str]:
        return [name for name in super()._children() if not name.startswith("_")]

    def _is_there(self) -> bool:
        return bool(super()._children())


class Step(_Entity):
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
        return Run(self.pathspec.rpartition("/")[0])

    def tasks(self) -> Iterator[Task]:
        """All tasks with artifacts, the one that ended last first."""
        tasks = [self[name] for name in self._children()]
        return iter(sorted(tasks, key=_newest_first))

    def __iter__(self) -> Iterator[Task]:
        return self.tasks()

    def __getitem__(self, path: str) -> Task:
        return Task(f"{self.pathspec}/{path}")


class Task(_Entity):
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
        return Step(self.pathspec.rpartition("/")[0])

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
        return DataArtifact(f"{self.pathspec}/{name}")

    def _is_there(self) -> bool:
        flow, run, step, path = self.path_components
        return Records(self._store, flow, run).count_attempts(step, path) > 0

    def _done(self) -> Done | None:
        flow, run, step, path = self.path_components
        return Records(self._store, flow, run).find_done(step, path)

    def _log(self, stream: str) -> str:
        done = self._done()
        name = f"{self.pathspec}/{done.attempt if done else 0}.task_{stream}.log"
        return plain(self._store.read(name) or b"").decode(errors="replace")


class DataArtifact(_Entity):
    """One artifact of a task: `DataArtifact("TrainFlow/1/fit/t.3/model")`."""

    _parts = ("Flow", "run", "step", "task", "name")

    @property
    def data(self) -> Any:
        """The value."""
        return self._artifacts.load(self.id, self._found())

    @property
    def sha(self) -> str:
        """The SHA-1 of the pickled value."""
        return self._found().sha

    @property
    def size(self) -> int:
        """The size of the pickled value in bytes."""
        return self._found().size

    @property
    def parent(self) -> Task:
        return Task(self.pathspec.rpartition("/")[0])

    def _found(self) -> Artifact:
        return self.parent.listing()[self.id]

    def _is_there(self) -> bool:
        return self.id in self.parent.listing()


class TaskData:
    """The artifacts of a task as attributes, each loaded when it is first read."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._task:
            raise AttributeError(f"{self._task!r} has no artifact `{name}`")
        value = vars(self)[name] = self._task.load(name)
        return value

    def __contains__(self, name: str) -> bool:
        return name in self._task

    def __repr__(self) -> str:
        return f"<TaskData: {', '.join(self._task.artifacts)}>"


def _newest_first(entity: Step | Task) -> tuple[float, str]:
    created = entity.created_at
    return (-created.timestamp() if created else 0, entity.id)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=timezone.utc)
