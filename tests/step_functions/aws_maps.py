"""Distributed maps as AWS runs them: each item is an execution of its own, and all must succeed."""

from __future__ import annotations

import uuid
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded

CAUSE = "The specified tolerated failure threshold was exceeded"
_Worker = distributed_item_processor_worker.DistributedItemProcessorWorker


def fail_with_items() -> None:
    """A map run fails if any of its child executions does, and starts no others then.

    moto lets it succeed.
    https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html
    """
    plain = _Worker._eval_job

    def evaluate(self: Any, env: Any, job: Any) -> None:
        plain(self, env, job)
        if not isinstance(env.program_state(), ProgramEnded):
            job.job_output = FailureEventException(_exceeded(env))

    _Worker._eval_job = evaluate


def give_items_executions() -> None:
    """A child execution has an id, a name and an input of its own, and knows of no map.

    moto shows it what its parent sees.
    https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
    """
    plain = _Worker._eval_input

    def evaluate(self: Any, env_frame: Any) -> None:
        plain(self, env_frame)
        context = env_frame.states.context_object.context_object_data
        name = str(uuid.uuid4())
        parent = context["Execution"]
        own = {"Name": name, "Id": f"{parent['Id']}/{name}", "Input": env_frame.states.get_input()}
        context["Execution"] = {**parent, **own}
        context.pop("Map", None)

    _Worker._eval_input = evaluate


def _exceeded(env: Any) -> FailureEvent:
    name = StatesErrorName(typ=StatesErrorNameType.StatesExceedToleratedFailureThreshold)
    details = TaskFailedEventDetails(error=name.error_name, cause=CAUSE)
    return FailureEvent(
        env=env,
        error_name=name,
        event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(taskFailedEventDetails=details),
    )
