"""A step with what its decorators ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Catch, Policy, Step
from flowc.passes import decorator_problems as problems
from flowc.passes.arguments.asked import Asked, ask
from flowc.passes.arguments.compute import merge_compute

if TYPE_CHECKING:
    from flowc.ir.batch_job import BatchJob
    from flowc.ir.packages import StepPackages
    from flowc.ir.pod import Pod
    from flowc.ir.secret_sources import Secrets

T = TypeVar("T", "Pod", "BatchJob", "Secrets", "StepPackages")

# What `@retry` asks for where it says nothing else.
_RETRIES = Policy(retries=3, retry_delay=120)
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


def read_step(step: Step) -> tuple[Step, list[Diagnostic]]:
    """The step with all that its decorators ask for, and what is wrong with them."""
    asked, found = ask(step.decorators)
    timeout, untimely = _timeout(asked)
    retries, delay = _retry(asked)
    read = replace(
        step,
        compute=merge_compute(asked),
        policy=Policy(retries, delay, catch=_catch(asked), timeout=timeout),
        environment=_environment(asked),
        pod=_pod(asked),
        batch=_batch(asked),
        secrets=_secrets(asked),
        pypi=_pypi(asked),
    )
    return read, [*found, *untimely]


def _named(asked: Sequence[Asked], name: str) -> Asked | None:
    return next((each for each in asked if each.name == name), None)


def _pod(asked: Sequence[Asked]) -> Pod | None:
    if not (kubernetes := _named(asked, "kubernetes")):
        return None
    from flowc.ir.pod import Pod  # noqa: PLC0415 (loaded only where it is asked for)

    return _filled(Pod(), kubernetes)


def _batch(asked: Sequence[Asked]) -> BatchJob | None:
    if not (batch := _named(asked, "batch")):
        return None
    from flowc.ir.batch_job import BatchJob  # noqa: PLC0415 (loaded only where it is asked for)

    return _filled(BatchJob(), batch)


def _secrets(asked: Sequence[Asked]) -> Secrets | None:
    if not (secrets := _named(asked, "secrets")):
        return None
    from flowc.ir.secret_sources import Secrets  # noqa: PLC0415 (loaded only where asked for)

    return _filled(Secrets(), secrets)


def _pypi(asked: Sequence[Asked]) -> StepPackages | None:
    if not (pypi := _named(asked, "pypi")):
        return None
    from flowc.ir.packages import NO_ENVIRONMENT, StepPackages  # noqa: PLC0415 (only where asked)

    if pypi.decorator.positional or pypi.wrong(*pypi.decorator.arguments):
        return NO_ENVIRONMENT
    return _filled(StepPackages(), pypi)


def _filled(nothing: T, asked: Asked) -> T | None:
    """The fields as the decorator asks for them; None if it asks for none of them."""
    values: dict[str, Any] = {
        field.name: asked.values[field.name]
        for field in fields(nothing)
        if field.name in asked.values
    }
    filled = replace(nothing, **values)
    return None if filled == nothing else filled


def _retry(asked: Sequence[Asked]) -> tuple[int, float]:
    """Retries, and the seconds between them."""
    retry = _named(asked, "retry")
    if retry is None:
        return 0, 0
    minutes = retry.values.get("minutes_between_retries", _RETRIES.retry_delay / 60)
    return retry.values.get("times", _RETRIES.retries), 60 * minutes


def _catch(asked: Sequence[Asked]) -> Catch | None:
    catch = _named(asked, "catch")
    if catch is None:
        return None
    shown = catch.values.get("print_exception", True)
    return Catch(catch.values.get("var", ""), print_exception=shown)


def _timeout(asked: Sequence[Asked]) -> tuple[int | None, list[Diagnostic]]:
    timeout = _named(asked, "timeout")
    if timeout is None or timeout.wrong(*_SECONDS):
        return None, []
    seconds = sum(timeout.values.get(unit, 0) * length for unit, length in _SECONDS.items())
    if seconds:
        return seconds, []
    expected = "a number of seconds, minutes or hours"
    return None, [problems.wrong_argument(timeout.decorator, "seconds", "0", expected)]


def _environment(asked: Sequence[Asked]) -> Mapping[str, str]:
    given = [each.values.get("vars", {}) for each in asked if each.name == "environment"]
    # Where several name the same variable, the first counts.
    return {name: value for entries in reversed(given) for name, value in entries.items()}
