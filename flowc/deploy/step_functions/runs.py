"""Executions of a state machine."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from flowc.deploy.runs import DeployedRun, RunState
from flowc.deploy.step_functions.failures import failed_tasks
from flowc.deploy.step_functions.jobs import Jobs
from flowc.deploy.step_functions.logs import read_log
from flowc.deploy.step_functions.machine import Machine
from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowc.deploy.access import Access
    from flowc.deploy.runs import FailedTask, LogPlace, Request, Runs

# The beginning of a run's id, which the state machine puts before the execution's name.
PREFIX = "sfn-"
LATEST = "latest"

_STATES = {
    "SUCCEEDED": RunState.FINISHED,
    "FAILED": RunState.FAILED,
    "TIMED_OUT": RunState.FAILED,
    "ABORTED": RunState.STOPPED,
}
_PAGE = 1000
# There is room for parameters of that size in any execution.
_SMALL = 1000
_STOPPED = "flowc.Stopped"


def runs(
    name: str,
    session: Session | None = None,
    access: Access | None = None,  # noqa: ARG001 (the environment says where AWS is)
) -> Runs:
    """The runs of a deployment, by its name; nothing is asked of AWS yet."""
    return StepFunctionsRuns(name, session or Session())


class StepFunctionsRuns:
    """The runs of a state machine; see `Runs`."""

    target = "step-functions"
    options = ("--target", target)

    def __init__(self, name: str, session: Session) -> None:
        self._session = session
        self._machine = Machine(self._session, name)
        self._client = self._session.client("stepfunctions")

    @property
    def deployment(self) -> str:
        return self._machine.name

    @property
    def package(self) -> str:
        return self._machine.package

    @property
    def flow(self) -> str:
        return self._machine.flow

    @property
    def store(self) -> str:
        return self._machine.store

    def start(self, request: Request) -> DeployedRun:
        """See `Runs.start`. With a name of its own, a call that is made again starts one only."""
        self._machine.check()
        self._check_room(request.parameters)
        name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:6]}"
        asked: dict[str, Any] = {"parameters": dict(request.parameters)}
        if request.origin:
            asked["origin"] = request.origin
        if request.again:
            asked["from"] = ",".join(request.again)
        with self._session.explained(f"starting {self.deployment}"):
            try:
                found = self._client.start_execution(
                    stateMachineArn=self._machine.alias,
                    name=name,
                    input=json.dumps(asked, ensure_ascii=False),
                )
            except (
                self._client.exceptions.StateMachineDoesNotExist,
                self._client.exceptions.ResourceNotFound,
            ):
                raise self._machine.missing() from None
        return self._run({**found, "name": name, "status": "RUNNING"})

    def _check_room(self, parameters: Mapping[str, str]) -> None:
        """Refuse parameters that an execution would be refused for."""
        size = _size(parameters)
        if size <= _SMALL:
            return
        try:
            room = self._machine.room
        except EngineError:
            # Who may start executions need not see what they are of: those say it, too.
            return
        if room is not None and size > room:
            raise EngineError(
                f"the parameters have {size} characters in all, as JSON with each quotation mark "
                f"and backslash counted twice, and `{self.deployment}` takes {room}; "
                "let one of them name a file in the store instead"
            )

    def latest(self, limit: int) -> Sequence[DeployedRun]:
        """See `Runs.latest`."""
        self._machine.check()
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine.arn,
            PaginationConfig={"MaxItems": limit, "PageSize": min(limit, _PAGE)},
        )
        with self._session.explained(f"listing the runs of {self.deployment}"):
            try:
                return [self._run(each) for page in pages for each in page["executions"]]
            except self._client.exceptions.StateMachineDoesNotExist:
                raise self._machine.missing() from None

    def find(self, run: str) -> DeployedRun:
        """See `Runs.find`; an execution's own name will do."""
        if run == LATEST:
            newest = self.latest(1)
            if not newest:
                raise EngineError(f"`{self.deployment}` has not run yet; `flowc trigger` runs it")
            run, arn = newest[0].run, newest[0].execution
        else:
            self._machine.check()
            arn = self._machine.execution(run.removeprefix(PREFIX))
        found = self._described(run, arn)
        if found is None:
            raise self._unknown(run)
        return found

    def _described(self, run: str, arn: str) -> DeployedRun | None:
        absent = (
            self._client.exceptions.ExecutionDoesNotExist,
            self._client.exceptions.InvalidArn,
        )
        with self._session.explained(f"reading the run {run}"):
            try:
                return self._run(self._client.describe_execution(executionArn=arn))
            except absent:
                return None

    def failures(self, run: DeployedRun) -> Sequence[FailedTask]:
        """See `Runs.failures`."""
        return failed_tasks(self._session, run)

    def stop(self, run: DeployedRun, why: str) -> int:
        """See `Runs.stop`. Step Functions cancels jobs as well, but promises to try only."""
        jobs = Jobs(self._session, run.execution)
        with self._session.explained(f"stopping {run.run}"):
            self._client.stop_execution(executionArn=run.execution, error=_STOPPED, cause=why)
        return jobs.end(why)

    def log(self, place: LogPlace, *, tail: bool = False) -> Iterator[str]:
        """See `Runs.log`."""
        return read_log(self._session, place, tail=tail)

    def log_of(self, run: DeployedRun, task: tuple[str, str], back: int = 0) -> LogPlace | None:
        """See `Runs.log_of`; here tasks leave on record where that is."""
        return None

    def _run(self, found: dict[str, Any]) -> DeployedRun:
        """A run by what describes an execution or lists it."""
        stopped = found.get("stopDate")
        return DeployedRun(
            run=f"{PREFIX}{found['name']}",
            execution=found["executionArn"],
            state=_STATES.get(found["status"], RunState.RUNNING),
            started=found["startDate"].timestamp(),
            ended=stopped.timestamp() if stopped else None,
            error=found.get("error", "States.Timeout" if found["status"] == "TIMED_OUT" else ""),
            cause=found.get("cause", ""),
            link=self._session.place.execution_page(found["executionArn"]),
        )

    def _unknown(self, run: str) -> EngineError:
        """What to raise for a run that is not there, with the newest of those that are."""
        known = ", ".join(f"`{each.run}`" for each in self.latest(3))
        return EngineError(
            f"`{self.deployment}` has no run `{run}`; "
            + (f"the newest are {known}" if known else "it has not run yet")
        )


def _size(parameters: Mapping[str, str]) -> int:
    """How long the parameters are to the state that looks at them."""
    text = json.dumps(dict(parameters), ensure_ascii=False, separators=(",", ":"))
    return len(text) + sum(len(text.split(each)) for each in '"\\')
