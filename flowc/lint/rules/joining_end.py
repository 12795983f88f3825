"""FC115 `joining-end`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC115")
def joining_end(flow: Flow) -> Iterator[Finding]:
    """The end step takes `inputs`.

    ## Why is this bad?
    A join and the end of a flow are two things: the results of the branches have to be
    merged into artifacts before the run is complete.

    ## Use instead
        @step
        def join(self, inputs):
            self.merge_artifacts(inputs)
            self.next(self.end)

        @step
        def end(self):
    """
    end = flow.steps.get(flow.end)
    if end and end.joins:
        yield Finding(
            end.span,
            f"the end step `{end.name}` takes inputs",
            f"add a join step before `{end.name}`",
        )
