"""The services that state machines call, as AWS calls them: how jobs are awaited, errors named."""

from __future__ import annotations

import functools
from typing import Any

import moto.batch.models as batch
from botocore.exceptions import ClientError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_batch,
)

# https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html#API_SubmitJob_Errors
_BATCH_ERRORS = ("ClientException", "ServerException")
_LOOK_AGAIN_SECONDS = 0.5

_Batch = state_task_service_batch.StateTaskServiceBatch


def hear_of_ends() -> None:
    """A state machine is told of a job's end by an event.

    moto asks twice a second, and makes a client for that each time.
    """
    make = functools.cache(state_task_service_batch.boto_client_for)
    plain = _Batch._build_sync_resolver

    def client(region: str, service: str, **_: Any) -> Any:
        return make(region, service)

    def resolver(self: Any, env: Any, **rest: Any) -> Any:
        job = _jobs()[env.stack[-1]["JobId"]]
        look = plain(self, env, **rest)

        def ended() -> Any:
            if job.ident:
                job.join(_LOOK_AGAIN_SECONDS)
            return look()

        return ended

    state_task_service_batch.boto_client_for = client
    state_task_service_aws_sdk.boto_client_for = client
    _Batch._build_sync_resolver = resolver


def name_service_errors() -> None:
    """Errors are called as AWS' SDK for Java does: by the service, if its model has no name.

    moto keeps the case of the service in the resource, and any code of Batch.
    """
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES["s3"] = "S3"
    plain = _Batch._from_error

    def from_error(self: Any, env: Any, ex: Exception) -> Any:
        if isinstance(ex, ClientError) and ex.response["Error"]["Code"] not in _BATCH_ERRORS:
            ex.response["Error"]["Code"] = "AWSBatchException"
        return plain(self, env, ex)

    _Batch._from_error = from_error


def _jobs() -> dict[str, Any]:
    regions = batch.batch_backends[DEFAULT_ACCOUNT_ID].values()
    return {key: job for region in regions for key, job in list(region._jobs.items())}
