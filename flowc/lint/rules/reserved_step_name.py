"""FC101 `reserved-step-name`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_RESERVED = frozenset({"name", "next", "input", "index", "cmd"})


@rule("FC101")
def reserved_step_name(flow: Flow) -> Iterator[Finding]:
    """A step whose name the flow class needs for itself.

    ## Why is this bad?
    Steps are methods of the flow. A step called `next` or `input` would replace what
    every step uses.

    ## Example
        @step
        def input(self):

    ## Use instead
        @step
        def read_input(self):
    """
    for step in flow.steps.values():
        if step.name in _RESERVED:
            yield Finding(
                step.span, f"`{step.name}` is a reserved name", "choose another name for the step"
            )
