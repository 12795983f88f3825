"""Functions that are called when a run has ended."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class HookFunction:
    """A function by its name in a module, which is empty for the flow's own file.

    It is called without arguments, or with the run if it has an argument `run`.
    """

    name: str
    module: str = ""


@dataclass(frozen=True, slots=True)
class ExitHook:
    """`@exit_hook`: what is called after runs that succeeded, and after those that failed.

    `image` is what the functions run in; empty: that of the first step.
    """

    span: Span
    on_success: tuple[HookFunction, ...] = ()
    on_error: tuple[HookFunction, ...] = ()
    image: str = ""
