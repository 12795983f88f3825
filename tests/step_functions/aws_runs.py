"""What moto lacks of AWS for whoever runs what is deployed: aliases, ends, logs, and items."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import moto.batch.models as batch
from moto.core.responses import ActionResult
from moto.stepfunctions import responses
from moto.stepfunctions.parser import models
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError
from moto.stepfunctions.parser.backend import execution

# What AWS says of a job whose container has ended by itself.
EXITED = "Essential container in task exited"


def mend_runs() -> None:
    """Let moto do with executions what AWS does."""
    _start_by_aliases()
    _stop_with_causes()
    _tell_exit_codes()
    _list_items()
    batch.Job.terminate = _end_job


def _start_by_aliases() -> None:
    # AWS starts executions of the version that an alias leads to, and counts them among those of
    # the state machine; moto knows no alias here.
    backend = models.StepFunctionsParserBackend
    plain = backend.start_execution

    def start(self: Any, arn: str, *rest: Any) -> Any:
        source, _, name = arn.rpartition(":")
        machine = next((each for each in self.state_machines if each.arn == source), None)
        if machine is None or name not in machine.aliases:
            return plain(self, arn, *rest)
        (route, *_) = machine.aliases[name].routing_configuration
        number = int(route["stateMachineVersionArn"].rpartition(":")[2])
        latest, machine.definition = machine.definition, machine.versions[number].definition
        try:
            return plain(self, source, *rest)
        finally:
            machine.definition = latest

    backend.start_execution = start


def _stop_with_causes() -> None:
    # AWS keeps why an execution was stopped; moto drops it.
    response = responses.StepFunctionResponse
    plain = response.stop_execution

    def stop(self: Any) -> Any:
        found = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        found.error, found.cause = self._get_param("error"), self._get_param("cause")
        answer = plain(self)
        found.stop_date = dt.datetime.now(dt.UTC)
        found.exec_status = ExecutionStatus.ABORTED
        return answer

    # On AWS that is the end of it; moto goes on, and may yet say that the execution has failed.
    worker = execution.BaseExecutionWorkerCommunication
    reflect = worker._reflect_execution_status

    def end(self: Any) -> None:
        if self.execution.exec_status is not ExecutionStatus.ABORTED:
            reflect(self)

    worker._reflect_execution_status = end
    response.stop_execution = stop


def _tell_exit_codes() -> None:
    # AWS says how the container of a job ended wherever it describes the job; moto, in lists only.
    plain = batch.Job._container_details

    def details(self: Any) -> dict[str, Any]:
        code = {} if self.exit_code is None else {"exitCode": self.exit_code}
        return {**plain(self), **code}

    batch.Job._container_details = details


def _end_job(job: Any, reason: str) -> None:
    # AWS ends the containers of a job; moto waits until they end by themselves.
    job.job_stopped_reason = reason
    job.stop = True
    if number := getattr(job, "process", 0):
        os.killpg(number, signal.SIGTERM)


@dataclass
class _Item:
    """An execution that a distributed map has started, as moto has others."""

    map_run: str
    parent: str
    execution_arn: str
    env: Any
    start_date: dt.datetime
    status: str = "RUNNING"
    stop_date: dt.datetime | None = None
    error: str | None = None
    cause: str | None = None
    execution_input: str = "{}"
    output: str | None = None
    output_details: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.execution_arn.rpartition(":")[2]

    @property
    def state_machine_arn(self) -> str:
        return self.execution_arn.replace(":execution:", ":stateMachine:").rpartition(":")[0]

    def to_history_output(self) -> dict[str, Any]:
        return {"events": self.env.event_manager.get_event_history()}

    def end(self, state: Any) -> None:
        self.stop_date = dt.datetime.now(dt.UTC)
        self.status = "SUCCEEDED" if isinstance(state, ProgramEnded) else "FAILED"
        if isinstance(state, ProgramError) and state.error:
            self.error, self.cause = state.error.get("error"), state.error.get("cause")


_items: dict[str, _Item] = {}


def _list_items() -> None:
    # AWS lists the executions that a distributed map has started, and tells of each as of any
    # other: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
    # In moto they leave no trace.
    worker = distributed_item_processor_worker.DistributedItemProcessorWorker
    evaluate = worker._eval_job
    backend, response = models.StepFunctionsParserBackend, responses.StepFunctionResponse
    describe, listed = backend.describe_execution, response.list_executions

    def run_item(self: Any, env: Any, job: Any) -> None:
        record = self._map_run_record
        arn = record.map_state_machine_arn.replace(":stateMachine:", ":execution:")
        item = _Item(
            record.map_run_arn,
            record.execution_arn,
            f"{arn}:{uuid.uuid4()}",
            env,
            dt.datetime.now(dt.UTC),
        )
        _items[item.execution_arn] = item
        evaluate(self, env, job)
        item.end(env.program_state())

    def list_of_map(self: Any) -> Any:
        if not (arn := self._get_param("mapRunArn")):
            return listed(self)
        wanted = self._get_param("statusFilter")
        found = [
            {
                "executionArn": item.execution_arn,
                "name": item.name,
                "mapRunArn": arn,
                "stateMachineArn": item.state_machine_arn,
                "startDate": item.start_date,
                "status": item.status,
            }
            for item in list(_items.values())
            if item.map_run == arn and wanted in {None, item.status}
        ]
        return ActionResult({"executions": found})

    worker._eval_job = run_item
    response.list_executions = list_of_map
    backend.describe_execution = lambda self, arn=None, execution_arn=None: (
        _items.get(arn or execution_arn) or describe(self, arn or execution_arn)
    )


def keep_log(job: Any, output: str) -> None:
    """Let CloudWatch have what a job wrote."""
    # AWS keeps each line as an event, while the container goes on; moto, where Docker runs it.
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": line} for line in output.splitlines()]
    logs, place = job._log_backend, (job._log_group, job._stream_name)
    logs.ensure_log_group(job._log_group)
    logs.ensure_log_stream(*place)
    if lines:
        logs.put_log_events(*place, lines)
