"""The runs of what is deployed, on any engine: they are started, looked at and stopped here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class RunState(StrEnum):
    """How a run stands, as its engine has it."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is started with: texts of parameters by name.

    It clones what has finished in the run `origin`, if one is named, but for the steps in `again`
    and what comes after them.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    again: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DeployedRun:
    """A run: `run` is its id in the store, `execution` what the engine knows it by.

    Times are in seconds since 1970. `error` and `cause` are the engine's own words, where it has
    some. `link` is the page of the engine's console that shows it.
    """

    run: str
    execution: str
    state: RunState
    started: float
    ended: float | None = None
    error: str = ""
    cause: str = ""
    link: str = ""

    @property
    def is_over(self) -> bool:
        return self.state is not RunState.RUNNING

    @property
    def succeeded(self) -> bool:
        return self.state is RunState.FINISHED


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where an engine keeps what a container wrote."""

    group: str
    stream: str


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that ended a run, and why; `log` is where to read what it wrote, if anywhere."""

    step: str
    path: str
    reason: str
    log: LogPlace | None = None

    @property
    def name(self) -> str:
        return f"{self.step}/{self.path}"


class Runs(Protocol):
    """The runs of one deployment.

    Every call ends in bounded time, and raises `EngineError` for what the engine refuses, or where
    there is no such deployment or run.
    """

    @property
    def target(self) -> str:
        """What `--target` calls the engine."""

    @property
    def options(self) -> Sequence[str]:
        """The words with which a command line finds it."""

    @property
    def deployment(self) -> str:
        """What the engine calls the deployment."""

    @property
    def flow(self) -> str:
        """The name of the flow that is deployed."""

    @property
    def store(self) -> str:
        """The URL of the store that its tasks write to; empty if the engine cannot tell."""

    @property
    def package(self) -> str:
        """The key of the code package that tasks of new runs fetch; empty if there is none."""

    def start(self, request: Request) -> DeployedRun:
        """A new run of what is live."""

    def latest(self, limit: int) -> Sequence[DeployedRun]:
        """The runs that started last, the newest first; why they failed is not said."""

    def find(self, run: str) -> DeployedRun:
        """The run with an id, or the newest for `latest`."""

    def failures(self, run: DeployedRun) -> Sequence[FailedTask]:
        """The tasks that a run failed for, as far as the engine tells; a few if there are many."""

    def stop(self, run: DeployedRun, why: str) -> int:
        """End a run and the jobs that are left of it; how many jobs had to be ended by hand."""

    def log_of(self, run: DeployedRun, task: tuple[str, str], back: int = 0) -> LogPlace | None:
        """Where the log is of a task, by its step and path, which left no word of that.

        It is of the last attempt, or of one so many before it.
        """

    def log(self, place: LogPlace, *, tail: bool = False) -> Iterator[str]:
        """What a container wrote, in pieces of whole lines; of a `tail`, the last lines only."""
