"""What a task is told of attempts and time, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from flowc.ir.flow import Policy, Step
from flowc.targets.airflow.python_text import Call, Expression
from flowc.targets.gangs import waiting_time

# The shim itself ends a step that takes too long, so that retries and `@catch` see a failure like
# any other. Airflow ends what the shim cannot, and leaves it that much time.
_GRACE_SECONDS = 60


def attempts(policy: Policy) -> Mapping[str, Expression]:
    """How often Airflow starts the task again, and how much later."""
    if policy.attempts == 1:
        return {}
    delay = {"retry_delay": timedelta(policy.retry_delay)} if policy.retry_delay else {}
    return {"retries": policy.attempts - 1, **delay}


def seconds_at_most(step: Step, *, is_member: bool, is_loop: bool) -> int | None:
    """After how many seconds a task is ended; nobody knows how long a loop takes that runs in one.

    Of several paths in one task, each has that much time.
    """
    if step.policy.timeout is None or is_loop:
        return None
    waiting = waiting_time(step) if is_member else 0
    return ceil(step.policy.timeout + waiting + _GRACE_SECONDS)


def execution_timeout(seconds: int | None) -> Mapping[str, Expression]:
    """The same for Airflow, which counts from when the task begins to wait for its container."""
    return {} if seconds is None else {"execution_timeout": timedelta(seconds)}


def timedelta(seconds: float) -> Call:
    """A span of time, in Python."""
    whole = int(seconds) if seconds == int(seconds) else seconds
    return Call("timedelta", (), {"seconds": whole})
