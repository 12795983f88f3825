"""Gives every step the decorators that the command line asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flowc.ir.flow import Decorator, Flow, Step

# Of these a step may have several, so that one of its own does not stand in the way.
_SEVERAL = frozenset({"card"})


def attach_decorators(flow: Flow, decorators: Sequence[Decorator]) -> Flow:
    """The flow, each step with the decorators that it does not have by itself.

    Their place is the flow's, as they stand nowhere in its source.
    """
    placed = [replace(decorator, span=flow.span) for decorator in decorators]
    steps = {name: _attached(step, placed) for name, step in flow.steps.items()}
    return replace(flow, steps=steps, given=tuple(placed)) if placed else flow


def _attached(step: Step, decorators: Sequence[Decorator]) -> Step:
    own = {decorator.core for decorator in step.decorators} - _SEVERAL
    added = [decorator for decorator in decorators if decorator.name not in own]
    return replace(step, decorators=(*step.decorators, *added))
