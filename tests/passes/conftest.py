"""Flows from sketches of their graphs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowc.diagnostics import Span
from flowc.ir.flow import Flow, Kind, Step, Target, Transition

_KINDS = {"->": Kind.LINEAR, "*>": Kind.FOREACH, "#>": Kind.GANG, "?>": Kind.SWITCH}
Sketch = Callable[..., Flow]


def sketched(*lines: str) -> Flow:
    """A flow, a step a line, as in `start -> a b`, `a *> b`, `a #> b`, `a ?> b c`, `end`.

    A `&` behind a step's name makes it a join. Several steps behind `->` make a split. Each step
    stands on the line of its number.
    """
    steps = [_step(number, *line.split()) for number, line in enumerate(lines, 1)]
    return Flow("TestFlow", "flow.py", Span("flow.py"), {step.name: step for step in steps})


def _step(line: int, name: str, arrow: str = "", *targets: str) -> Step:
    span = Span("flow.py", line)
    transition = None
    if arrow:
        kind = Kind.SPLIT if arrow == "->" and len(targets) > 1 else _KINDS[arrow]
        transition = Transition(kind, tuple(Target(each, span) for each in targets), span, "x")
    arguments = ("self", "inputs") if name.endswith("&") else ("self",)
    return Step(name.rstrip("&"), span, transition, arguments)


@pytest.fixture
def sketch() -> Sketch:
    return sketched
