"""FC116 `no-steps`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC116")
def no_steps(flow: Flow) -> Iterator[Finding]:
    """A flow class without any step.

    ## Why is this bad?
    There is nothing to run.

    ## Use instead
        @step
        def start(self):
            self.next(self.end)

        @step
        def end(self):
            pass
    """
    if not flow.steps:
        yield Finding(
            flow.span, f"flow `{flow.name}` has no steps", "decorate its methods with `@step`"
        )
