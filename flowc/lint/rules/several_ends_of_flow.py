"""FC112 `several-ends-of-flow`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Note
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC112")
def several_ends_of_flow(flow: Flow) -> Iterator[Finding]:
    """Several steps are marked as the start, or as the end, of a flow.

    ## Why is this bad?
    A run begins with one step and ends with one. A step called `start` besides one with
    `@step(start=True)` leaves it open which of them is meant.

    ## Example
        @step(start=True)
        def begin(self):

        @step
        def start(self):

    ## Use instead
    Mark one step, and rename the other.
    """
    for word in ("start", "end"):
        named = [s for s in flow.steps.values() if word in s.marks or s.name == word]
        for step in named[1:]:
            yield Finding(
                step.span,
                f"both `{named[0].name}` and `{step.name}` are the {word} of the flow",
                f"keep one: remove `@step({word}=True)`, or rename the step called `{word}`",
                (Note(named[0].span, "the first one"),),
            )
