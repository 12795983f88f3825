"""FC205 `join-that-splits`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC205")
def join_that_splits(flow: Flow) -> Iterator[Finding]:
    """A step that joins one split and opens another, or chooses between steps.

    ## Why is this bad?
    A join merges the results of its branches; where several steps follow at once, it is
    not settled which of them the merge is for.

    ## Example
        def join(self, inputs):
            self.next(self.a, self.b)

    ## Use instead
        def join(self, inputs):
            self.next(self.fork)

        def fork(self):
            self.next(self.a, self.b)
    """
    for step in flow.steps.values():
        if step.joins and step.kind not in (Kind.LINEAR, Kind.END):
            yield Finding(
                step.span,
                f"step `{step.name}` is both a join and a {step.kind}",
                f"join in `{step.name}`, and add a step after it that does the rest",
            )
