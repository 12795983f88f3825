"""What a state machine must know of whatever runs a flow's steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flowc.ir.flow import Policy

# What stands between a state machine and a service for a moment only.
BUSY = {
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "MaxAttempts": 10,
    "JitterStrategy": "FULL",
}

# The errors of AWS Batch where it is asked too much, or is ill.
THROTTLED = ("TooManyRequestsException", "ServerException")

# No retry waits longer: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
MAX_DELAY_SECONDS = 31622400

# What may be said of a single task besides its definition, the command of AWS Batch included:
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html
MOST_OF_OVERRIDES = 8192

# The shim itself ends a step whose time is up; the engine ends what does not end by itself. AWS
# Batch ends nothing before its first minute is over.
_GRACE_SECONDS = 60

# A task of ECS is late from when it is asked for, and a job of several nodes from when the first
# one runs; machines and large images take minutes to be there.
_STARTING_SECONDS = 600


class Jobs(Protocol):
    """The steps of a flow, as a service of AWS runs them."""

    @property
    def documents(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What must be registered with the service, by its key in the compiled document."""

    @property
    def room(self) -> int:
        """How many characters the parameters of an execution may have, as text in JSON."""

    def definition(self, step: str) -> Mapping[str, Any]:
        """The one of those that a step runs by."""

    def state(self, step: str) -> dict[str, Any]:
        """The state that runs a step's task, without its output and where it leads."""

    def gang(self, step: str) -> Mapping[str, Any] | None:
        """What asks for the one job of a gang; nothing if its members are tasks of their own."""


def retries(policy: Policy) -> list[dict[str, Any]]:
    """What starts a step's task again; nothing if it has one attempt."""
    if policy.attempts == 1:
        return []
    failed = {
        "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
        "IntervalSeconds": max(delay_seconds(policy), 1),
        "BackoffRate": 1,
        "MaxAttempts": policy.attempts - 1,
    }
    return [failed]


def time_limit(policy: Policy, *, starts: bool) -> int | None:
    """When to end a step's task from outside, which `starts` within that time, or not at all."""
    if policy.timeout is None:
        return None
    return policy.timeout + _GRACE_SECONDS + (_STARTING_SECONDS if starts else 0)


def delay_seconds(policy: Policy) -> int:
    """How long to wait between two attempts."""
    return min(round(policy.retry_delay), MAX_DELAY_SECONDS)
