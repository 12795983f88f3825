"""FC110 `missing-start`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC110")
def missing_start(flow: Flow) -> Iterator[Finding]:
    """A flow without a step to start with.

    ## Why is this bad?
    A run has to begin somewhere.

    ## Use instead
        @step
        def start(self):

    or mark another step: `@step(start=True)`.
    """
    if flow.steps and not flow.start:
        yield Finding(
            flow.span,
            f"flow `{flow.name}` has no start step",
            "name a step `start`, or mark one with `@step(start=True)`",
        )
