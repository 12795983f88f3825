"""`current`: the running task, for the user's code."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.client import Run, Task
    from flowc.runtime.context import Context

_MAIN_IP = "127.0.0.1"


class Parallel:
    """A task's place in its gang."""

    def __init__(self, num_nodes: int, node_index: int) -> None:
        self.main_ip = os.environ.get("MF_PARALLEL_MAIN_IP", _MAIN_IP)
        self.num_nodes = num_nodes
        self.node_index = node_index
        self.control_task_id = os.environ.get("MF_PARALLEL_CONTROL_TASK_ID")


class Current:
    """The running task; outside of one, its names are `None`."""

    def __init__(self) -> None:
        self.is_running_flow = False
        self.flow_name: str | None = None
        self.run_id: str | None = None
        self.step_name: str | None = None
        self.task_id: str | None = None
        self.retry_count = 0
        self.origin_run_id: str | None = None
        self.tags: set[str] = set()
        self._store_url: str | None = None
        self._context: Context | None = None

    @property
    def pathspec(self) -> str | None:
        """`Flow/run/step/task`."""
        return self._spec("flow_name", "run_id", "step_name", "task_id")

    @property
    def username(self) -> str:
        return username()

    @property
    def namespace(self) -> str:
        return f"user:{username()}"

    @property
    def tempdir(self) -> str:
        """Where temporary files go: into memory, if the step asks for a tmpfs."""
        return os.environ.get("METAFLOW_TEMPDIR", ".")

    @property
    def run(self) -> Run | None:
        """The run, as the client sees it."""
        from flowc.runtime.client import Run  # noqa: PLC0415 (few steps look at their own run)

        spec = self._spec("flow_name", "run_id")
        return Run(spec) if spec else None

    @property
    def task(self) -> Task | None:
        """The task, as the client sees it."""
        from flowc.runtime.client import Task  # noqa: PLC0415

        return Task(self.pathspec) if self.pathspec else None

    @property
    def is_parallel(self) -> bool:
        """Whether the task is one of a gang."""
        return self._gang() is not None

    @property
    def parallel(self) -> Parallel:
        """The task's place in its gang; outside of one, that of a gang of one."""
        return Parallel(*(self._gang() or (1, 0)))

    def get(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, or `default` if there is none."""
        return getattr(self, name, default)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"`current.{name}` does not exist in flowc's native runtime")

    def enter(self, context: Context, attempt: int, store_url: str) -> None:
        """Make a task the running one."""
        self.is_running_flow = True
        self.flow_name = context.run.plan.flow
        self.run_id = context.run.run
        self.step_name = context.step.name
        self.task_id = context.path
        self.retry_count = attempt
        self._context = context
        self._store_url = store_url

    def store_url(self) -> str | None:
        """Where the running task keeps its artifacts."""
        return self._store_url

    def _gang(self) -> tuple[int, int] | None:
        return self._context.gang() if self._context else None

    def _spec(self, *names: str) -> str | None:
        words = [getattr(self, name) for name in names]
        return "/".join(words) if all(words) else None


current = Current()


def username() -> str:
    """The user's name, from the environment."""
    names = ("METAFLOW_USER", "SUDO_USER", "USERNAME", "USER")
    return next((os.environ[name] for name in names if os.environ.get(name)), "unknown")
