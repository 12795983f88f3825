"""What AWS does wrong at times, so many times as a file below `FAULTS` says that is called like it.

`batch` takes no job, as when too many are submitted; `s3` gives nothing to a state machine; `host`
is lost with the job that was about to start on it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_batch,
)

_BUSY = {
    "batch": ("TooManyRequestsException", 429, "Too Many Requests"),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
}
_turn = threading.Lock()


def is_due(name: str) -> bool:
    """Whether this is to go wrong now; it is, one time less, from now on."""
    file = Path(os.environ["FAULTS"], name)
    with _turn:
        left = int(file.read_text()) if file.exists() else 0
        if left:
            file.write_text(str(left - 1))
    return left > 0


def break_services() -> None:
    """Let state machines meet what the files say of `batch` and `s3`."""
    services = {
        "batch": state_task_service_batch.StateTaskServiceBatch,
        "s3": state_task_service_aws_sdk.StateTaskServiceAwsSdk,
    }
    for name, service in services.items():
        service._eval_service_task = _broken(name, service._eval_service_task)


def _broken(name: str, plain: Any) -> Any:
    def evaluate(self: Any, *given: Any, **named: Any) -> None:
        if is_due(name):
            raise _busy(*_BUSY[name])
        plain(self, *given, **named)

    return evaluate


def _busy(code: str, status: int, message: str) -> ClientError:
    told = {"RequestId": "0", "HTTPStatusCode": status}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": told}, "any"
    )
