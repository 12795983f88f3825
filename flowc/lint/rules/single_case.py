"""FC207 `single-case`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC207", Severity.WARNING)
def single_case(flow: Flow) -> Iterator[Finding]:
    """A switch whose cases all lead to the same step.

    ## Why is this bad?
    There is nothing to choose: the condition is read for nothing, or one of the cases names
    another step than was meant. The flow runs all the same, here as with Metaflow; a value that
    is none of the cases fails the step.

    ## Use instead
        self.next(self.train)
    """
    for step in flow.steps.values():
        if step.kind is Kind.SWITCH and step.transition and len(step.next_steps) < 2:
            yield Finding(
                step.transition.span,
                f"all cases of the switch in `{step.name}` lead to `{step.next_steps[0]}`",
                f"write `self.next(self.{step.next_steps[0]})`, or lead a case elsewhere",
            )
