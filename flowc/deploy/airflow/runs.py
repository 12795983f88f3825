"""Runs of a flow's DAG."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from flowc.deploy.access import Access
from flowc.deploy.airflow.conf import conf_of, inherited
from flowc.deploy.airflow.deployed import Deployed
from flowc.deploy.airflow.kept import TARGET
from flowc.deploy.airflow.log_text import lines_of
from flowc.deploy.airflow.server import Server
from flowc.deploy.airflow.tasks import (
    GOING,
    StepTask,
    attempt_at,
    failed_tasks,
    rounds,
    step_tasks,
)
from flowc.deploy.airflow.values import DagRun, Param
from flowc.deploy.runs import DeployedRun, FailedTask, LogPlace, Request, Runs, RunState
from flowc.errors import EngineError, UsageError

LATEST = "latest"
_PREFIX = "airflow-"
_ODD_LETTERS = re.compile(r"[^A-Za-z0-9_.-]")
_STATES = {"success": RunState.FINISHED, "failed": RunState.FAILED}
# What begins the note of a run that flowc has stopped, which Airflow only has as failed.
_STOPPED = "stopped by "
_NOTE = 1000
# What the DAG makes of a run's configuration, besides its parameters.
_ORIGIN = "flowc.origin"
_FROM = "flowc.from"
_BEFORE = {"queued", "running"}
_TAIL = 100
# How often a run that is stopped is looked at for rounds that have only just begun.
_LISTINGS = 20


def runs(name: str, access: Access) -> Runs:
    """The runs of a deployment, by its name; nothing is asked of Airflow yet."""
    if not access.airflow_url:
        raise UsageError("say where Airflow's server is: `--airflow-url` or FLOWC_AIRFLOW_URL")
    return AirflowRuns(Deployed(Server(access.airflow_url), name))


class AirflowRuns:
    """The runs of a DAG; see `Runs`."""

    target = TARGET

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._server = deployed.server
        self._seen: dict[str, Mapping[tuple[str, str], StepTask]] = {}

    @property
    def options(self) -> Sequence[str]:
        return ("--target", TARGET, "--airflow-url", self._server.url)

    @property
    def deployment(self) -> str:
        return self._deployed.name

    @property
    def package(self) -> str:
        return self._deployed.package

    @property
    def flow(self) -> str:
        return self._deployed.flow

    @property
    def store(self) -> str:
        return self._deployed.store

    def start(self, request: Request) -> DeployedRun:
        """See `Runs.start`. With a name of its own, a call that is made again starts one only."""
        if self._deployed.dag.is_paused:
            raise EngineError(
                f"the DAG `{self.deployment}` is paused, so that a run would not start: "
                "unpause it, as `flowc deploy --unpause` does"
            )
        params = self._server.parameters(self.deployment)
        conf = conf_of(request.parameters, params, self.deployment)
        if request.origin:
            conf |= self._inherited(conf, params, request.origin)
            conf |= {_ORIGIN: request.origin, _FROM: ",".join(request.again)}
        name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
        return self._run(self._server.trigger(self.deployment, name, conf))

    def _inherited(
        self, conf: Mapping[str, Any], params: Mapping[str, Param], origin: str
    ) -> Mapping[str, Any]:
        """Values of another run; Airflow need only know it if it asks for some."""
        is_asked = any(param.is_open and name not in conf for name, param in params.items())
        found = self._known(origin) if is_asked else None
        if found is not None:
            return inherited(conf, params, found)
        required = (name for name, param in params.items() if param.is_required)
        lost = next((name for name in required if name not in conf), None)
        if lost is not None:
            raise EngineError(
                f"Airflow has no run `{origin}` any more, which would tell what `--{lost}` was: "
                "pass it"
            )
        return {}

    def latest(self, limit: int) -> Sequence[DeployedRun]:
        """See `Runs.latest`."""
        _ = self._deployed.dag
        return [self._run(found) for found in self._server.runs(self.deployment, limit)]

    def find(self, run: str) -> DeployedRun:
        """See `Runs.find`; Airflow's own id of it will do."""
        return self._run(self._found(run))

    def failures(self, run: DeployedRun) -> Sequence[FailedTask]:
        """See `Runs.failures`."""
        if run.state is RunState.FINISHED:
            return []
        return failed_tasks(self._deployed, self._found(run.execution), run.run)

    def stop(self, run: DeployedRun, why: str) -> int:
        """See `Runs.stop`. The run itself comes first: it would start more rounds of its loops."""
        found = self._found(run.execution)
        ended = self._fail(found, why) if found.state in _BEFORE else 0
        for _ in range(_LISTINGS):
            going = [
                each for each in rounds(self._deployed, found, run.run) if each.state in _BEFORE
            ]
            if not going:
                return ended
            # A task that was about to start a round may have done so since that listing.
            ended += sum(self._fail(each, why) for each in going)
        raise EngineError(
            f"the loops of `{run.run}` start rounds faster than they can be stopped: stop it again"
        )

    def _fail(self, found: DagRun, why: str) -> int:
        """How many tasks of a run were at work, before it was marked as failed."""
        tasks = list(step_tasks(self._deployed, found))
        self._server.fail(found, why[:_NOTE])
        return sum(task.task.state in GOING for task in tasks)

    def log(self, place: LogPlace, *, tail: bool = False) -> Iterator[str]:
        """See `Runs.log`."""
        lines = list(lines_of(self._server.log(attempt_at(place))))
        return iter(lines[-_TAIL:] if tail else lines)

    def log_of(self, run: DeployedRun, task: tuple[str, str], back: int = 0) -> LogPlace | None:
        """See `Runs.log_of`. Several paths in one process have their attempts in it, too."""
        found = self._tasks(run).get(task)
        if found is None:
            return None
        before = back if len(found.paths) == 1 else 0
        return found.log(max(found.task.number - before, 1))

    def _tasks(self, run: DeployedRun) -> Mapping[tuple[str, str], StepTask]:
        """The tasks of a run by their steps and paths, as they were when first asked for."""
        if run.execution not in self._seen:
            main = self._found(run.execution)
            every = (main, *rounds(self._deployed, main, run.run))
            found = chain.from_iterable(step_tasks(self._deployed, each) for each in every)
            self._seen[run.execution] = {
                (task.step, path): task for task in found for path in task.paths
            }
        return self._seen[run.execution]

    @cached_property
    def _prefix(self) -> str:
        """What begins the runs' ids in the store."""
        is_named_so = self.deployment == self.flow
        return _PREFIX if is_named_so else f"{_PREFIX}{self.deployment}-"

    def _found(self, run: str) -> DagRun:
        if run == LATEST:
            newest = next(self._server.runs(self._deployed.dag.id, 1), None)
            if newest is None:
                raise EngineError(f"`{self.deployment}` has not run yet; `flowc trigger` runs it")
            return newest
        return self._known(run) or self._unknown(run)

    def _known(self, run: str) -> DagRun | None:
        found = self._server.run(self._deployed.dag.id, run.removeprefix(self._prefix))
        # Of what Airflow has started itself, the store knows the name without some letters.
        return found or self._listed(run)

    def _listed(self, run: str) -> DagRun | None:
        every = self._server.runs(self.deployment)
        return next((found for found in every if self._id(found) == run), None)

    def _id(self, found: DagRun) -> str:
        return self._prefix + _ODD_LETTERS.sub("-", found.run)

    def _run(self, found: DagRun) -> DeployedRun:
        state = _STATES.get(found.state, RunState.RUNNING)
        is_stopped = state is RunState.FAILED and found.note.startswith(_STOPPED)
        return DeployedRun(
            run=self._id(found),
            execution=found.run,
            state=RunState.STOPPED if is_stopped else state,
            started=found.started,
            ended=found.ended if state is not RunState.RUNNING else None,
            cause=found.note,
            link=self._server.run_page(found),
        )

    def _unknown(self, run: str) -> DagRun:
        """Raises for a run that is not there, with the newest of those that are."""
        known = ", ".join(f"`{each.run}`" for each in self.latest(3))
        raise EngineError(
            f"`{self.deployment}` has no run `{run}`; "
            + (f"the newest are {known}" if known else "it has not run yet")
        )
