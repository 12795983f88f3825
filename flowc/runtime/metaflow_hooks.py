"""What flowc adds to a step inside Metaflow's process: decorators that `--with` names.

Nothing else of flowc is imported there.
"""

from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager

from metaflow import IncludeFile, StepMutator, UserStepDecorator, current  # type: ignore[attr-defined]
from metaflow._vendor import click

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_ELSEWHERE = ("kubernetes", "batch")
_ENVIRONMENTS = ("conda", "pypi")
_BESIDE = "FLOWC_BESIDE"
# Without what decorators have set since, which they do not expect to be there.
_VARIABLES = dict(os.environ)


class OnEngine(StepMutator):
    """Where the step runs is settled: Metaflow must neither send it on nor ask for a cloud."""

    def mutate(self, mutable_step: Any) -> None:
        for name in _ELSEWHERE:
            mutable_step.remove_decorator(name)


class InEnvironment(StepMutator):
    """The step is in its environment already."""

    def mutate(self, mutable_step: Any) -> None:
        for name in _ENVIRONMENTS:
            mutable_step.remove_decorator(name)


class OwnEnvironment(UserStepDecorator):
    """Starts the step again under the Python of the environment that Metaflow makes for it."""

    def pre_step(self, step_name: str, flow: Any, _inputs: Any = None) -> None:
        beside = _VARIABLES.get(_BESIDE)
        context: Any = click.get_current_context()  # type: ignore[attr-defined, no-untyped-call]
        environment = context.obj.environment
        step = next(each for each in flow if each.name == step_name)
        if not beside or not _has_environment(environment, step):
            return
        python = _interpreter(environment, step_name)
        path = os.pathsep.join([_VARIABLES["PYTHONPATH"], beside])
        within = {**_VARIABLES, _BESIDE: "", "PYTHONPATH": path, "PYTHONNOUSERSITE": "1"}
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(python, [python, *sys.argv], within)  # noqa: S606 (as Metaflow's own tasks start)


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


def _has_environment(environment: Any, step: Any) -> bool:
    """Whether Metaflow would start the step elsewhere; with `@pypi` alone, if it asks for that."""
    if environment.is_disabled(step):
        return False
    if environment.TYPE != "pypi":
        return True
    asked = [each.attributes for each in step.decorators if each.name == "pypi"]
    return any(each["packages"] or each["python"] for each in asked)


def _interpreter(environment: Any, step: str) -> str:
    """The Python of a step's environment, once it is made."""
    try:
        with _alone():
            environment.init_environment(lambda *_, **__: None, only_steps=[step])
        return str(environment.interpreter(step))
    except Exception as error:  # noqa: BLE001 (whatever its tools raise tells why)
        why = next(filter(None, str(error).splitlines()), type(error).__name__)
        sys.exit(f"flowc: Metaflow cannot make the environment of step `{step}`: {why}")


@contextmanager
def _alone() -> Iterator[None]:
    """Let one task after the other make environments: they may be the same."""
    home = os.path.expanduser(os.environ.get("METAFLOW_HOME", "~/.metaflowconfig"))  # noqa: PTH111
    os.makedirs(home, exist_ok=True)  # noqa: PTH103
    with open(os.path.join(home, "flowc.lock"), "a", encoding="utf-8") as file:  # noqa: PTH118, PTH123
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _find(path: str) -> str:
    # The default of a flow is written with its folder in mind, wherever its tasks run.
    expanded = os.path.expanduser(path)  # noqa: PTH111
    beside = os.path.join(os.path.dirname(sys.argv[0]), expanded)  # noqa: PTH118, PTH120
    exists = os.path.exists
    return beside if exists(beside) and not exists(expanded) else expanded
