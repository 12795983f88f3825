"""FC111 `missing-end`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC111")
def missing_end(flow: Flow) -> Iterator[Finding]:
    """A flow without a step to end with.

    ## Why is this bad?
    Nothing would say when a run is complete.

    ## Use instead
        @step
        def end(self):

    or mark another step: `@step(end=True)`.
    """
    if flow.steps and not flow.end:
        yield Finding(
            flow.span,
            f"flow `{flow.name}` has no end step",
            "name a step `end`, or mark one with `@step(end=True)`",
        )
