"""The run that another one resumes: its finished tasks are cloned in place of running."""

from __future__ import annotations

import time

from flowc.runtime.commit import publish
from flowc.runtime.errors import RefusalError
from flowc.runtime.foreach_stack import whereabouts
from flowc.runtime.graph_info import describe
from flowc.runtime.plan import Foreach
from flowc.runtime.position import ROOT, enclosing, normalize, parents
from flowc.runtime.records import Done

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.plan import Step
    from flowc.runtime.position import Control, TaskId
    from flowc.runtime.run_store import RunStore

    Decided = list[tuple[str, Control]]

# Each task has a list of its attempts of its own, and the one cloned is the first of them.
_ATTEMPT = 0


class Origin:
    """The run `name`, of which `run` clones what has finished.

    Steps in `again` run again, and all after them; `explain` is told why any other step does of
    which a task has finished.
    """

    def __init__(
        self,
        run: RunStore,
        name: str,
        again: Iterable[str],
        explain: Callable[[str, str], None] = lambda _step, _why: None,
    ) -> None:
        self.name = name
        self._run = run
        self._of = run.of_run(name)
        # What comes after them follows, as its parents are not cloned.
        self._again = {run.plan.step(step).name for step in again}
        self._explain = explain
        self._steps = describe(run.plan)["steps"]
        self._plan = self._of.records.plan()
        self._were = describe(self._plan)["steps"] if self._plan else {}
        self._found: dict[str, Artifact] | None = None
        self._cloned: set[TaskId] = set()

    def check(self) -> None:
        """Refuse a run that there is not."""
        start = self._run.plan.start
        if not self._of.records.count_attempts(start, normalize(self._run.plan, start, ROOT)):
            flow = self._run.plan.flow
            raise RefusalError(
                f"flow `{flow}` has no run `{self.name}` in this store that could be resumed"
            )

    def clone(self, step: Step, path: str) -> Decided | None:
        """Commit a task as the origin has it; what it decided, or `None` if it must run."""
        task = (step.name, path)
        done = None if step.name in self._again else self._of.records.find_done(*task)
        if done is None:
            return None
        found = parents(self._run.plan, step.name, path, self._run.records.control)
        if why := self._changed(step, done, found):
            self._explain(step.name, why)
            return None
        if not all(map(self._is_cloned, found)) or not self._is_whole(step, path):
            return None
        return self._commit(step, path, done)

    def parameters(self) -> dict[str, Artifact]:
        """The origin's values of parameters that the flow still has."""
        found = self._recorded()
        return {name: found[name] for name in self._run.plan.attributes if name in found}

    def _recorded(self) -> dict[str, Artifact]:
        if self._found is None:
            self._found = self._of.parameters() or {}
        return self._found

    def _changed(self, step: Step, done: Done, found: list[TaskId]) -> str:
        """What of the flow is not as it was when the origin's task ran; empty if all is."""
        recorded = self._recorded()
        if self._plan and self._plan.runtime != self._run.plan.runtime:
            return "another runtime ran it"
        if done.parents != found:
            return "other tasks come before it"
        if _shape(self._were.get(step.name, {})) != _shape(self._steps[step.name]):
            return "its `self.next` is another"
        missing = [name for name in self._run.plan.attributes if name not in recorded]
        return "" if found or not missing else f"parameter `{missing[0]}` is new"

    def _is_cloned(self, task: TaskId) -> bool:
        if task not in self._cloned:
            done = self._run.records.find_done(*task)
            if done is None or done.origin != self.name:
                return False
            self._cloned.add(task)
        return True

    def _is_whole(self, step: Step, path: str) -> bool:
        """Whether all of the gang have finished, if the task is of one: they run together."""
        around = enclosing(self._run.plan, step.name)
        if not around or not isinstance(around[-1], Foreach) or not around[-1].gang:
            return True
        base, _, _ = path.rpartition(".")
        size = self._run.records.control(around[-1].at, base).count
        members = (f"{base}.{index}" for index in range(size))
        return all(self._of.records.find_done(step.name, member) for member in members)

    def _commit(self, step: Step, path: str, found: Done) -> Decided:
        run, task = self._run, (step.name, path)
        parameters = {} if found.parents else self._own_parameters()
        # Metaflow's first task has no parameters among its own artifacts.
        known = found.artifacts if found.parameters else {}
        named = [name for name in parameters if name in known and name != "_success"]
        done = Done(
            attempt=_ATTEMPT,
            time=time.time(),
            parents=found.parents,
            parameters=named,
            caught=found.caught,
            artifacts={**found.artifacts, **{name: parameters[name] for name in named}},
            control=found.control,
            origin=self.name,
        )
        seen = run.records.seen(*task)
        run.records.start(*task, _ATTEMPT)
        origin = {"origin-run-id": self.name, "origin-task-id": path}
        run.metadata(*task, _ATTEMPT).start({**whereabouts(run, *task), **origin})
        stands = run.records.commit(task, done, seen)
        self._cloned.add(task)
        return publish(run, task, stands)

    def _own_parameters(self) -> dict[str, Artifact]:
        """The origin's parameters, written for this run, with a graph that is its own."""
        run = self._run
        own = {"_graph_info": describe(run.plan)} if run.plan.runtime == "native" else {}
        return run.write_parameters(own, self._recorded())


def _shape(step: dict[str, Any]) -> dict[str, Any]:
    """What a step's description says of its place in the graph."""
    return {key: entry for key, entry in step.items() if key != "line"}
