"""Functions that are called when a run has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flowc.diagnostics import Span


class Outcome(StrEnum):
    """How a run has ended."""

    SUCCESS = "success"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class HookFunction:
    """A function by its name in a module, which is empty for the flow's own file.

    It is called without arguments, or with the run if it has an argument `run`.
    """

    name: str
    module: str = ""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.module else self.name


@dataclass(frozen=True, slots=True)
class ExitHook:
    """`@exit_hook`: what is called after runs that succeeded, and after those that failed.

    `image` is what the functions run in; empty: that of the first step.
    """

    span: Span
    on_success: tuple[HookFunction, ...] = ()
    on_error: tuple[HookFunction, ...] = ()
    image: str = ""

    def of(self, outcome: Outcome) -> tuple[HookFunction, ...]:
        """What is called after runs that have ended so."""
        return self.on_success if outcome is Outcome.SUCCESS else self.on_error


def hook_names(hooks: Sequence[ExitHook]) -> dict[str, list[str]]:
    """The functions of all decorators in order, by outcome; the plan holds them so."""
    names = {str(each): [str(f) for hook in hooks for f in hook.of(each)] for each in Outcome}
    return {outcome: functions for outcome, functions in names.items() if functions}


def hook_tasks(hooks: Sequence[ExitHook], outcome: Outcome) -> Iterator[tuple[str, ExitHook]]:
    """For each function that is called, what the runtime takes in place of a step's name."""
    called = [hook for hook in hooks for _ in hook.of(outcome)]
    yield from ((f"hook-{outcome}-{number}", hook) for number, hook in enumerate(called))
