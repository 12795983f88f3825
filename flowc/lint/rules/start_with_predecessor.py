"""FC203 `start-with-predecessor`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC203")
def start_with_predecessor(flow: Flow) -> Iterator[Finding]:
    """A transition that leads to the start step.

    ## Why is this bad?
    The start step reads the parameters of the run, and nothing comes before it.

    ## Use instead
    Let the loop begin at a step behind the start.
    """
    for step in flow.steps.values():
        for target in step.transition.targets if step.transition else ():
            if target.step == flow.start:
                yield Finding(
                    target.span,
                    f"step `{step.name}` leads to the start step `{flow.start}`",
                    f"add a step behind `{flow.start}` and lead to that",
                )
