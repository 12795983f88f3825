"""FC201 `unknown-step`."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC201")
def unknown_step(flow: Flow) -> Iterator[Finding]:
    """A transition to a step that the flow does not have.

    ## Why is this bad?
    The run would stop there.

    ## Example
        self.next(self.trian)

    ## Use instead
        self.next(self.train)
    """
    for step in flow.steps.values():
        for target in step.transition.targets if step.transition else ():
            if target.step not in flow.steps:
                near = get_close_matches(target.step, flow.steps, 1)
                yield Finding(
                    target.span,
                    f"step `{step.name}` leads to `{target.step}`, which is no step of the flow",
                    f"write `self.{near[0]}`" if near else f"add a step `{target.step}`",
                )
