"""FC114 `end-with-next`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC114")
def end_with_next(flow: Flow) -> Iterator[Finding]:
    """The end step has a `self.next(…)`.

    ## Why is this bad?
    After the end nothing runs.

    ## Use instead
    Remove the call, or let another step be the end.
    """
    end = flow.steps.get(flow.end)
    if end and end.transition:
        yield Finding(
            end.transition.span,
            f"the end step `{end.name}` has a `self.next(…)`",
            "remove the call, or end the flow in another step",
        )
