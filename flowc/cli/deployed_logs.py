"""The logs of a deployed run: its engine knows of tasks that have left nothing in the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.cli.deployment import reader_of
from flowc.deploy.runs import RunState
from flowc.errors import UsageError
from flowc.history.logs import OUTPUT, Log
from flowc.history.runs import State, read_run
from flowc.history.tasks import Task, paths_of

if TYPE_CHECKING:
    from flowc.cli.deployment import DeployedChoices
    from flowc.deploy.runs import FailedTask

_STATES = {
    RunState.RUNNING: State.RUNNING,
    RunState.FINISHED: State.FINISHED,
    RunState.FAILED: State.FAILED,
    RunState.STOPPED: State.INTERRUPTED,
}


class DeployedLogs:
    """A run that `DEPLOYMENT/RUN` names, as its records and its engine have it."""

    def __init__(self, word: str, store: str, deployed: DeployedChoices) -> None:
        name, _, run = word.rpartition("/")
        if not name:
            raise UsageError(f"with --target, name the deployment too: `{word}/latest`, say")
        self._runs = deployed.find(name).runs()
        found = self._found = self._runs.find(run)
        self._failures = self._runs.failures(found)
        self.reader = reader_of(self._runs, store)
        self.run = replace(
            read_run(self.reader, self._runs.flow, found.run),
            state=_STATES[found.state],
            failures=frozenset((task.step, task.path) for task in self._failures),
        )

    def unseen(self, place: str) -> list[Log]:
        """Those at a place that failed before they could leave a record: an image is missing, say.

        The reason that the engine tells stands before what the container wrote, if it wrote at all.
        """
        return [
            self._log(task)
            for task in self._failures
            if place in {"", task.step, task.name}
            and task.path not in paths_of(self.reader, self.run, task.step)
        ]

    def kept(self, log: Log) -> Log:
        """A log that nothing on record leads to, as its engine keeps it."""
        if log.texts:
            return log
        task = log.task
        back = max(task.attempts, default=log.attempt) - log.attempt
        place = self._runs.log_of(self._found, (task.step, task.path), back)
        return replace(log, texts={OUTPUT: self._runs.log(place)}) if place else log

    def has_started(self, place: str) -> bool:
        """Whether a task at a place has left a record."""
        step, _, path = place.partition("/")
        return not place or any(
            path in {"", each} for each in paths_of(self.reader, self.run, step)
        )

    def _log(self, failed: FailedTask) -> Log:
        task = Task(failed.step, failed.path, (), State.FAILED)
        text = self._runs.log(failed.log) if failed.log else iter(())
        return Log(task, 0, {"reason": iter([f"{failed.reason}\n"]), "output": text})
