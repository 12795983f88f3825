"""`current`: the running task, for the user's code."""

from __future__ import annotations

import os

from flowc.runtime.username import identity, username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.about import About
    from flowc.runtime.client import Run, Task
    from flowc.runtime.context import Context

_OF_PROJECT = {
    "branch_name": "branch",
    "is_production": "is_production",
    "is_user_branch": "is_user_branch",
    "project_flow_name": "flow_name",
    "project_name": "name",
}
_ONLY_METAFLOW = "only Metaflow's own runtime has it; see `flowc rule FC350`"
# Why a field of Metaflow's is not there, or not always.
_MISSING = {
    **dict.fromkeys(_OF_PROJECT, "the flow has no `@project`"),
    **dict.fromkeys(("card", "checkpoint", "huggingface_hub", "model"), _ONLY_METAFLOW),
    "graph_info": "no task is running",
    "parameter_names": "no task is running",
    "spot_termination_notice": "nothing watches for the end of a spot instance",
    "trigger": "no event has started the run",
}
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
        self.retry_count: int | None = None
        self.origin_run_id: str | None = None
        self._store_url: str | None = None
        self._context: Context | None = None

    @property
    def pathspec(self) -> str | None:
        """`Flow/run/step/task`."""
        return self._spec("flow_name", "run_id", "step_name", "task_id")

    @property
    def username(self) -> str | None:
        return username() if self.is_running_flow else None

    @property
    def namespace(self) -> str | None:
        """That of a production deployment, or else the user's."""
        return ":".join(identity()) if self.is_running_flow else None

    @property
    def graph(self) -> dict[str, Any]:
        """The steps of the flow, as Metaflow describes them."""
        if self._context is None:
            raise RuntimeError("Graph is not available")
        from flowc.runtime.graph_info import describe  # noqa: PLC0415 (few steps look at it)

        return describe(self._context.run.plan)

    @property
    def tags(self) -> set[str]:
        """The tags that the user gave to the run."""
        about = self.about()
        return set(about.tags) if about else set()

    @property
    def tempdir(self) -> str:
        """Where temporary files go: into memory, if the step asks for a tmpfs."""
        return os.environ.get("METAFLOW_TEMPDIR", ".")

    @property
    def run(self) -> Run | None:
        """The run, as the client sees it."""
        from flowc.runtime.client import Run  # noqa: PLC0415 (few steps look at their own run)

        spec = self._spec("flow_name", "run_id")
        return Run(spec, _namespace_check=False) if spec else None

    @property
    def task(self) -> Task | None:
        """The task, as the client sees it."""
        from flowc.runtime.client import Task  # noqa: PLC0415

        return Task(self.pathspec, _namespace_check=False) if self.pathspec else None

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
        context = vars(self).get("_context")
        if context is not None and name in _OF_PROJECT and context.run.plan.project is not None:
            return getattr(context.run.plan.project, _OF_PROJECT[name])
        if context is not None and name == "parameter_names":
            return list(context.run.plan.attributes)
        if context is not None and name == "graph_info":
            return self.graph
        why = _MISSING.get(name, "flowc's native runtime has no such field")
        raise AttributeError(f"`current.{name}` does not exist: {why}")

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

    def about(self) -> About | None:
        """What the run of the running task is annotated with."""
        return self._context.run.about() if self._context else None

    def _gang(self) -> tuple[int, int] | None:
        return self._context.gang() if self._context else None

    def _spec(self, *names: str) -> str | None:
        words = [getattr(self, name) for name in names]
        return "/".join(words) if all(words) else None


current = Current()
