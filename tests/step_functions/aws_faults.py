"""What AWS does wrong at times, so many times as a file below `FAULTS` says that is called like it.

`batch` takes no job, as when too many are submitted, or fails within (`batch_within`); `s3` gives
nothing to a state machine, or refuses what it writes on a condition (`s3_condition`), or denies
that (`s3_denied`); `host` is lost with the job that was about to start on it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import moto.batch.models as batch
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_batch,
)

_BATCH = state_task_service_batch.StateTaskServiceBatch
_SDK = state_task_service_aws_sdk.StateTaskServiceAwsSdk
_BUSY = {
    "batch": (_BATCH, "TooManyRequestsException", 429, "Too Many Requests"),
    "batch_within": (_BATCH, "ServerException", 500, "Failed to create shareIdentifier default"),
    "s3": (_SDK, "SlowDown", 503, "Please reduce your request rate."),
}
_CONDITIONAL = {
    "s3_condition": (
        "PreconditionFailed",
        412,
        "At least one of the pre-conditions you specified did not hold",
    ),
    "s3_denied": ("AccessDenied", 403, "Access Denied"),
}
_turn = threading.Lock()


def go_wrong() -> None:
    """Let state machines and jobs meet what the files say."""
    for name, (service, *error) in _BUSY.items():
        service._eval_service_task = _broken(name, service._eval_service_task, error)
    for name, refusal in _CONDITIONAL.items():
        _SDK._eval_service_task = _refused(name, _SDK._eval_service_task, refusal)
    batch.Job.run = _lost(batch.Job.run)


def _broken(name: str, plain: Any, error: list[Any]) -> Any:
    def evaluate(self: Any, *given: Any, **named: Any) -> None:
        if _is_due(name):
            raise _busy(*error)
        plain(self, *given, **named)

    return evaluate


def _refused(name: str, plain: Any, error: tuple[str, int, str]) -> Any:
    def evaluate(self: Any, env: Any, *given: Any, **named: Any) -> None:
        asked = named["normalised_parameters"]
        if asked.keys() & {"IfMatch", "IfNoneMatch"} and _is_due(name):
            raise _busy(*error)
        plain(self, env, *given, **named)

    return evaluate


def _lost(plain: Any) -> Any:
    def run(job: Any) -> None:
        if not _is_due("host"):
            plain(job)
            return
        job.job_stopped_reason = "Host EC2 (instance i-0) terminated."
        job._mark_stopped(success=False)

    return run


def _is_due(name: str) -> bool:
    """Whether this is to go wrong now; it is, one time less, from now on."""
    file = Path(os.environ["FAULTS"], name)
    with _turn:
        left = int(file.read_text()) if file.exists() else 0
        if left:
            file.write_text(str(left - 1))
    return left > 0


def _busy(code: str, status: int, message: str) -> ClientError:
    told = {"RequestId": "0", "HTTPStatusCode": status}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": told}, "any"
    )
