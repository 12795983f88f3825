"""FC104 `missing-self`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC104")
def missing_self(flow: Flow) -> Iterator[Finding]:
    """A step that takes no argument at all.

    ## Why is this bad?
    A step is a method: its first argument is the flow.

    ## Example
        @step
        def train():

    ## Use instead
        @step
        def train(self):
    """
    for step in flow.steps.values():
        if not step.arguments or step.arguments[0].startswith("*"):
            yield Finding(
                step.span,
                f"step `{step.name}` has no `self` argument",
                f"write `def {step.name}(self)`",
            )
