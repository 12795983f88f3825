"""The states that run a step as a job of AWS Batch, and that read what it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowc.ir.flow import Flow, Policy
from flowc.targets.step_functions.bucket import Bucket
from flowc.targets.step_functions.jsonata import (
    ATTEMPT,
    GIVEN,
    INPUT,
    PATH,
    RUN,
    expression,
    joined,
    quoted,
)

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
_RUN_JOB = "arn:aws:states:::batch:submitJob.sync"
GET_OBJECT = "arn:aws:states:::aws-sdk:s3:getObject"
_JOB_NAME_LIMIT = 128

# What stands between a state machine and a service for a moment only. AWS Batch takes some 50 jobs
# a second from an account, and a wide foreach asks for more.
_BUSY = {
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "MaxAttempts": 10,
    "JitterStrategy": "FULL",
}
_BATCH_IS_BUSY = {"ErrorEquals": ["Batch.AWSBatchException"], **_BUSY}
S3_IS_BUSY = {"ErrorEquals": ["S3.S3Exception", "S3.SdkClientException"], **_BUSY}

# No retry waits longer: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
MAX_DELAY_SECONDS = 31622400


@dataclass(frozen=True, slots=True)
class Tasks:
    """Makes the states of a flow's steps, whose job definitions and queues are known by name."""

    flow: Flow
    bucket: Bucket
    definitions: Mapping[str, str]
    queues: Mapping[str, str]

    def job(self, step: str) -> dict[str, Any]:
        """The state that runs a step's task, without where it leads."""
        policy = self.flow.steps[step].policy
        return {
            "Type": "Task",
            "Comment": self._place(step),
            "Resource": _RUN_JOB,
            "Arguments": {
                "JobName": expression(self._job_name(step)),
                "JobQueue": self.queues[step],
                "JobDefinition": self.definitions[step],
                "Parameters": {
                    "step": step,
                    "run": expression(RUN),
                    "path": expression(PATH),
                    "attempt": _attempt(policy),
                },
                **self._given(step),
            },
            "Retry": [_BATCH_IS_BUSY, *_retries(policy)],
            "Output": expression(INPUT),
        }

    def control(self, step: str) -> dict[str, Any]:
        """The state that adds what a task decided, without where it leads."""
        beginning = self.bucket.key(f"{self.flow.name}/")
        key = joined(quoted(beginning), RUN, quoted(f"/_flowc/done/{step}/"), PATH, quoted(".json"))
        return {
            "Type": "Task",
            "Resource": GET_OBJECT,
            "Arguments": {"Bucket": self.bucket.name, "Key": expression(key)},
            "Retry": [S3_IS_BUSY],
            "Output": expression(
                f"$merge([{INPUT}, {{'control': $parse($states.result.Body).control}}])"
            ),
        }

    def _place(self, step: str) -> str:
        """Where the step is written, as file and line."""
        written = self.flow.steps[step]
        return f"{written.file or self.flow.file}:{written.span.line}"

    def _job_name(self, step: str) -> str:
        name = joined(quoted(f"{self.flow.name}-{step}-"), f"$replace({PATH}, '.', '-')")
        return f"$substring({name}, 0, {_JOB_NAME_LIMIT})"

    def _given(self, step: str) -> dict[str, Any]:
        if step != self.flow.start or not self.flow.parameters:
            return {}
        value = expression(f"$exists({GIVEN}) ? $string({GIVEN}) : '{{}}'")
        given = [{"Name": "FLOWC_PARAMETERS", "Value": value}]
        return {"ContainerOverrides": {"Environment": given}}


def _attempt(policy: Policy) -> str:
    # RetryCount also counts what never ran, as where Batch was busy; a fallback must not come
    # before the attempts that it stands in for.
    return "auto" if policy.catch else expression(ATTEMPT)


def _retries(policy: Policy) -> list[dict[str, Any]]:
    if policy.attempts == 1:
        return []
    delay = min(max(round(policy.retry_delay), 1), MAX_DELAY_SECONDS)
    failed = {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": delay,
        "BackoffRate": 1,
        "MaxAttempts": policy.attempts - 1,
    }
    return [failed]
