"""FC358 `misplaced-mutator`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Origin
from flowc.lint.rule import rule

_OF_STEPS = frozenset({Origin.USER_STEP_DECORATOR, Origin.STEP_MUTATOR})


@rule("FC358")
def misplaced_mutator(flow: Flow) -> Iterator[Finding]:
    """A mutator of flows above a step, or a mutator or user decorator of steps above a flow.

    ## Why is this bad?
    Metaflow puts the decorator's object into the place of the step or flow, and then finds none
    there.

    ## Example
        @RobustFlow
        @step
        def train(self):

    ## Use instead
        @RobustFlow
        class TrainFlow(FlowSpec):
    """
    for decorator in flow.decorators:
        if decorator.origin in _OF_STEPS:
            yield Finding(
                decorator.span,
                f"`@{decorator.name}` decorates steps, but stands above a flow",
                "write it above the steps it is meant for",
            )
    for step in flow.steps.values():
        for decorator in step.decorators:
            if decorator.origin is Origin.FLOW_MUTATOR:
                yield Finding(
                    decorator.span,
                    f"`@{decorator.name}` decorates flows, but stands above step `{step.name}`",
                    "write it above the flow's class",
                )
