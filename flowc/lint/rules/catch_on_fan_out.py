"""FC306 `catch-on-fan-out`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC306")
def catch_on_fan_out(flow: Flow) -> Iterator[Finding]:
    """`@catch` on a step that opens a foreach or a switch.

    ## Why is this bad?
    When such a step fails, nothing tells how many branches to start or which way to go, so
    the flow could not go on.

    ## Example
        @catch(var="failure")
        @step
        def start(self):
            self.next(self.train, foreach="alphas")

    ## Use instead
    Do what may fail in a step before, and catch it there.
    """
    for step in flow.steps.values():
        if step.policy.catch and step.kind in (Kind.FOREACH, Kind.GANG, Kind.SWITCH):
            yield Finding(
                step.span,
                f"`@catch` on `{step.name}`, which opens a {step.kind}",
                "move what may fail to a step before it, with `@catch` there",
            )
