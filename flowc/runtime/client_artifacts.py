"""The artifacts of a task, as the client has them."""

from __future__ import annotations

from flowc.runtime.entity import Entity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.client import Task


class DataArtifact(Entity):
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
        from flowc.runtime.client import Task  # noqa: PLC0415 (a task knows its artifacts, too)

        return Task(self.pathspec.rpartition("/")[0], _namespace_check=self._checks)

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
