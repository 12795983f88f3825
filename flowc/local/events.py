"""What a run tells while it goes on, and what it comes to. Times are in seconds, for display."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Stream: TypeAlias = Literal["stdout", "stderr"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that used up its attempts; `log` is the stderr of the last one.

    `url` is where a copy of it stays, if the run is not kept in a folder.
    """

    step: str
    path: str
    attempts: int
    exit_code: int
    log: Path
    url: str = ""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. `tasks` counts those that finished; `folder` holds what they left.

    Or it is at `url`, and the folder is only for the meantime. `cloned` counts the tasks that
    were taken from the run `origin` in place of running.
    """

    flow: str
    run: str
    folder: Path
    tasks: int
    seconds: float
    failures: tuple[Failure, ...] = ()
    interrupted: bool = False
    url: str = ""
    origin: str = ""
    cloned: int = 0

    @property
    def succeeded(self) -> bool:
        return not self.failures and not self.interrupted


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The plan is written and the first task is about to start."""

    flow: str
    run: str
    folder: Path


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """An attempt of a task started; they count from 0."""

    step: str
    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A line that a task wrote, without its end."""

    step: str
    path: str
    attempt: int
    stream: Stream
    text: str


@dataclass(frozen=True, slots=True)
class TaskRetried:
    """An attempt failed and another one follows."""

    step: str
    path: str
    attempt: int
    exit_code: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskFinished:
    """A task is committed; `seconds` are those of its last attempt."""

    step: str
    path: str
    attempt: int
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskCloned:
    """A task that another run has finished is taken from there."""

    step: str
    path: str
    origin: str


@dataclass(frozen=True, slots=True)
class StepChanged:
    """Tasks of a step that another run has finished run again, because the flow has changed."""

    step: str
    origin: str
    why: str


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """A task failed and no attempt is left."""

    failure: Failure
    seconds: float


@dataclass(frozen=True, slots=True)
class TaskStopped:
    """A task was terminated: the run was interrupted, or another member of its gang failed."""

    step: str
    path: str
    attempt: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ForeachOpened:
    """A foreach knows its count. Each of `steps` is going to run once for each index."""

    step: str
    path: str
    count: int
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunInterrupted:
    """The run was asked to stop and is terminating its tasks."""

    running: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Nothing runs any more."""

    result: RunResult


Event: TypeAlias = (
    RunStarted
    | TaskStarted
    | TaskLine
    | TaskRetried
    | TaskFinished
    | TaskCloned
    | StepChanged
    | TaskFailed
    | TaskStopped
    | ForeachOpened
    | RunInterrupted
    | RunFinished
)
