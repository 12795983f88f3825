"""FC206 `switch-into-join`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC206")
def switch_into_join(flow: Flow) -> Iterator[Finding]:
    """A switch with a case that leads straight to a join.

    ## Why is this bad?
    A join reads its inputs by the steps that lead to it. If one of them may be the switch
    itself, the join cannot tell what it was given.

    ## Example
        self.next({"fix": self.fix, "fine": self.join}, condition="verdict")

    ## Use instead
        self.next({"fix": self.fix, "fine": self.keep}, condition="verdict")

        @step
        def keep(self):
            self.next(self.join)
    """
    for step in flow.steps.values():
        if step.kind is Kind.SWITCH and step.transition:
            for target in step.transition.targets:
                if target.step in flow.steps and flow.steps[target.step].joins:
                    yield Finding(
                        target.span,
                        f"a case of the switch in `{step.name}` leads to the join `{target.step}`",
                        f"put a step between the switch and `{target.step}`",
                    )
