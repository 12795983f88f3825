"""Names of tasks and of the variables that hold them, from the names of steps."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Container, Iterable
from itertools import chain, count

# What the file itself names, in whatever form it takes; names of steps have no capital letters.
_OWN = frozenset(
    {"annotations", "attempts", "clock", "conf", "datetime", "events_of", "fan", "flat", "hook"}
    | {"json", "k8s", "named", "os", "parameters_of", "path_of", "pick", "re", "rounds", "run_of"}
    | {
        "sha256",
        "short",
        "signal",
        "slots",
        "states_of",
        "step",
        "sys",
        "task",
        "timedelta",
        "timezone",
    }
    | {"times", "told", "unless_skipped", "variables", "verbatim", "whole"}
)
RESERVED = _OWN.union(keyword.kwlist, dir(builtins))
_NO_NAME = re.compile(r"\W|^(?=\d)")


class Identifiers:
    """Hands out, each once, the ids of a DAG's tasks and the variables of the file.

    What a step is called is kept for its tasks.
    """

    def __init__(self, steps: Iterable[str]) -> None:
        self._steps = frozenset(steps)
        self._ids: set[str] = set()
        self._variables: set[str] = set()

    def of_step(self, step: str) -> tuple[str, str]:
        """A variable and the id of a task, both as the step or with a number after it."""
        return self._take(step, step)

    def take(self, wanted: str) -> tuple[str, str]:
        """The same for a task that runs no step."""
        return self._take(wanted, "")

    def _take(self, wanted: str, step: str) -> tuple[str, str]:
        others = self._steps - {step}
        task_id = _first(wanted, self._ids | others)
        variable = _first(_NO_NAME.sub("_", task_id), self._variables | others | RESERVED)
        self._ids.add(task_id)
        self._variables.add(variable)
        return variable, task_id


def _first(wanted: str, taken: Container[str]) -> str:
    """The first name that is free, of those that are as wanted or have a number after that."""
    names = chain([wanted], (f"{wanted}_{number}" for number in count(2)))
    return next(name for name in names if name not in taken)
