"""Names of tasks and of the variables that hold them, from the names of steps."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable
from itertools import chain, count

# What the file itself names, in whatever form it takes.
_OWN = frozenset(
    {"DAG", "BaseOperator", "Param", "Asset", "AirflowException", "AirflowFailException"}
    | {"AirflowSkipException", "TriggerDagRunOperator", "KubernetesPodOperator", "DockerOperator"}
    | {"BatchOperator", "CronTriggerTimetable", "S3Hook", "Mount", "Loop", "Step", "Hook", "k8s"}
    | {"annotations", "conf", "task", "step", "fan", "pick", "rounds", "slots", "flat", "run_of"}
    | {"attempt_of", "conf_of", "json", "os", "re", "signal", "sys", "datetime", "timedelta"}
    | {"timezone", "Popen", "PIPE", "STDOUT", "TemporaryDirectory", "sensor", "hook", "resources"}
)
_RESERVED = _OWN.union(keyword.kwlist, dir(builtins))


class Identifiers:
    """Hands out, each once, the ids of a DAG's tasks and the variables of the file.

    Steps have theirs first, so that a step's task is called as the step is.
    """

    def __init__(self, steps: Iterable[str]) -> None:
        self._steps = frozenset(steps)
        self._ids: set[str] = set()
        self._variables: set[str] = set()

    def take(self, wanted: str) -> tuple[str, str]:
        """A variable and the id of a task, both as wanted or with a number after it."""
        task_id = next(each for each in _like(wanted) if self._is_free(each, wanted))
        self._ids.add(task_id)
        variable = next(each for each in _like(task_id) if self._may_name(each, task_id))
        self._variables.add(variable)
        return variable, task_id

    def _is_free(self, task_id: str, wanted: str) -> bool:
        return task_id not in self._ids and (task_id == wanted or task_id not in self._steps)

    def _may_name(self, variable: str, task_id: str) -> bool:
        taken = variable in self._variables or variable in _RESERVED or variable.isupper()
        return not taken and (variable == task_id or variable not in self._steps)


def _like(wanted: str) -> Iterable[str]:
    return chain([wanted], (f"{wanted}_{number}" for number in count(2)))
