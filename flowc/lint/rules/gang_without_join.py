"""FC209 `gang-without-join`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC209")
def gang_without_join(flow: Flow) -> Iterator[Finding]:
    """A gang whose step is not followed by its join.

    ## Why is this bad?
    A gang is one step, run by all members at once, then joined. What follows it in each member
    alone would not be a gang any more, and Metaflow refuses it.

    ## Use instead
        @parallel
        @step
        def train(self):
            self.next(self.join)

        @step
        def join(self, inputs):
    """
    for step in flow.steps.values():
        for member in step.next_steps if step.kind is Kind.GANG else ():
            following = flow.steps[member].next_steps if member in flow.steps else ()
            if any(name in flow.steps and not flow.steps[name].joins for name in following):
                yield Finding(
                    flow.steps[member].span,
                    f"the gang step `{member}` leads to `{following[0]}`, which is no join",
                    f"write `def {following[0]}(self, inputs)`, or add a join between them",
                )
