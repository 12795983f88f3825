"""The tasks of a run and of the rounds of its loops, as steps and paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any

from flowc.deploy.airflow.api import Attempt
from flowc.deploy.airflow.deployed import Deployed
from flowc.deploy.airflow.values import DagRun, TaskInstance
from flowc.deploy.runs import FailedTask, LogPlace

FAILED = "failed"
GOING = frozenset({"running", "deferred", "queued", "restarting"})
# How the operators are called that run a step, and what an exit hook names.
_STEP = "Step"
_OPERATORS = frozenset({_STEP, "Hook"})
_RUN = "flowc.run"
_PATH = "flowc.path"
# By how many seconds the clocks of those who write times may differ.
_SKEW = 600.0
_SHOWN = 10
# Paths with commas between them, and what a task has in place of those that are not known.
_PATHS = re.compile(r"[^\s,']+(?:,[^\s,']+)*")
_UNKNOWN = "?"
# What is before the beginning of a field that Airflow has cut off; Airflow 2 quotes that.
_CUT = "max_templated_field_length. "


@dataclass(frozen=True, slots=True)
class StepTask:
    """A task that runs a step at a path, or at several with commas between them."""

    step: str
    path: str
    dag: str
    run: str
    task: TaskInstance

    @property
    def paths(self) -> list[str]:
        return self.path.split(",")

    def log(self, number: int | None = None) -> LogPlace:
        """Where Airflow has what an attempt wrote, by default the last one."""
        group = f"{self.dag}\n{self.run}"
        return LogPlace(group, f"{self.task.task}\n{self.task.index}\n{number or self.task.number}")


def attempt_at(place: LogPlace) -> Attempt:
    """The attempt whose log is at a place."""
    dag, run = place.group.split("\n")
    task, index, number = place.stream.split("\n")
    return Attempt(dag, run, task, int(index), int(number))


def rounds(deployed: Deployed, main: DagRun, run: str) -> Iterator[DagRun]:
    """The runs of loops' DAGs that are of a run, whose id in the store is given, too."""
    for loop in deployed.loops:
        listed = deployed.server.runs(loop, prefix=f"{run}.")
        for found in takewhile(lambda each: each.newest >= main.oldest - _SKEW, listed):
            if found.conf.get(_RUN) == run:
                yield found


def step_tasks(deployed: Deployed, dag_run: DagRun) -> Iterator[StepTask]:
    """The tasks of a run that run steps, and have begun to."""
    default = str(dag_run.conf.get(_PATH) or "t")
    for task in deployed.server.tasks(dag_run):
        if task.operator in _OPERATORS and task.number:
            step = str(task.fields.get("step") or task.task)
            path = _path(task.fields.get("path")) or default
            yield StepTask(step, path, dag_run.dag, dag_run.run, task)


def _path(field: Any) -> str:
    """The path or paths of a rendered field; those that are left of one that Airflow has cut off.

    `[core] max_templated_field_length` is how long they may be, about 4,000 letters by default; of
    what is longer, Airflow has a message that ends with how it begins.
    """
    text = str(field or "")
    if _PATHS.fullmatch(text):
        return text
    begun = text.partition(_CUT)[2].lstrip("'")
    # The last one may lack its end.
    found = _PATHS.fullmatch(begun.rpartition(",")[0])
    return found[0] if found else _UNKNOWN if text else ""


def failed_tasks(deployed: Deployed, dag_run: DagRun, run: str) -> list[FailedTask]:
    """The tasks that a run failed for; a few if there are many."""
    found = _failed(deployed, dag_run, run)
    return [_failed_task(task) for task in islice(found, _SHOWN)]


def _failed(deployed: Deployed, dag_run: DagRun, run: str) -> Iterator[StepTask]:
    for each in (dag_run, *rounds(deployed, dag_run, run)):
        if each.state == FAILED:
            yield from (task for task in step_tasks(deployed, each) if _has_failed(task.task))


def _has_failed(task: TaskInstance) -> bool:
    """Whether a step has; what a hook makes of a run changes nothing about it."""
    return task.operator == _STEP and task.state == FAILED


def _failed_task(found: StepTask) -> FailedTask:
    number = found.task.number
    reason = f"after {number} attempt{'' if number == 1 else 's'}"
    return FailedTask(found.step, found.path, reason, found.log())
