"""What flowc adds to a step inside Metaflow's process: decorators that `--with` names.

Nothing else of flowc is imported there.
"""

from __future__ import annotations

import os
import sys

from metaflow import IncludeFile, StepMutator, UserStepDecorator, current  # type: ignore[attr-defined]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ELSEWHERE = ("kubernetes", "batch")


class OnEngine(StepMutator):
    """Where the step runs is settled: Metaflow must neither send it on nor ask for a cloud."""

    def mutate(self, mutable_step: Any) -> None:
        for name in _ELSEWHERE:
            mutable_step.remove_decorator(name)


class Defaults(StepMutator):
    """Gives `init` the defaults that are computed or in files, which by itself it leaves out."""

    def mutate(self, mutable_step: Any) -> None:
        for _, parameter in mutable_step.flow.parameters:
            variable = f"METAFLOW_INIT_{parameter.name.replace('-', '_').upper()}"
            default = parameter.kwargs.get("default")
            if variable not in os.environ and callable(default):
                os.environ[variable] = default()
            if isinstance(parameter, IncludeFile) and variable in os.environ:
                os.environ[variable] = _find(os.environ[variable])


class GangMember(UserStepDecorator):
    """Lists the tasks of the gang in its first one, as Metaflow asks of whoever starts them."""

    def pre_step(self, step_name: str, flow: Any, _inputs: Any = None) -> None:
        if os.environ["MF_PARALLEL_CONTROL_TASK_ID"] == current.task_id:
            base, _, _ = current.task_id.rpartition(".")
            size = int(os.environ["MF_PARALLEL_NUM_NODES"])
            tasks = [f"{current.run_id}/{step_name}/{base}.{index}" for index in range(size)]
            flow._control_mapper_tasks = tasks  # noqa: SLF001 (its name is Metaflow's)


def _find(path: str) -> str:
    # The default of a flow is written with its folder in mind, wherever its tasks run.
    expanded = os.path.expanduser(path)  # noqa: PTH111
    beside = os.path.join(os.path.dirname(sys.argv[0]), expanded)  # noqa: PTH118, PTH120
    exists = os.path.exists
    return beside if exists(beside) and not exists(expanded) else expanded
