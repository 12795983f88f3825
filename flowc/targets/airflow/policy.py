"""What a task is told of attempts and time, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping

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


def time_limit(step: Step, *, is_member: bool, is_loop: bool) -> Mapping[str, Expression]:
    """When Airflow ends a task; nobody knows how long a loop takes that runs in one."""
    if step.policy.timeout is None or is_loop:
        return {}
    waiting = waiting_time(step) if is_member else 0
    return {"execution_timeout": timedelta(step.policy.timeout + waiting + _GRACE_SECONDS)}


def timedelta(seconds: float) -> Call:
    """A span of time, in Python."""
    whole = int(seconds) if seconds == int(seconds) else seconds
    return Call("timedelta", (), {"seconds": whole})
