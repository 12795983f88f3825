"""FC357 `unseen-mutation`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Flow, Origin
from flowc.lint.rule import rule


@rule("FC357", Severity.WARNING)
def unseen_mutation(flow: Flow) -> Iterator[Finding]:
    """A mutator, which changes the flow while Metaflow starts it.

    ## Why is this bad?
    A `StepMutator` or `FlowMutator` adds and removes decorators, parameters and configurations by
    running its code, and may look at configurations for it. flowc runs none of a flow's code, so
    none of this is in what it compiles: a retry that the mutator adds is missing there.

    ## Example
        class Robust(FlowMutator):
            def mutate(self, mutable_flow):
                for _, step in mutable_flow.steps:
                    step.add_decorator("retry", deco_kwargs={"times": 3})

        @Robust
        class TrainFlow(FlowSpec):

    ## Use instead
        flowc compile flow.py --with retry:times=3
    """
    on_steps = (decorator for step in flow.steps.values() for decorator in step.decorators)
    for decorator in (*flow.decorators, *on_steps):
        if decorator.origin in {Origin.STEP_MUTATOR, Origin.FLOW_MUTATOR}:
            yield Finding(
                decorator.span,
                f"what the mutator `@{decorator.name}` adds or removes is not seen by flowc",
                "write the decorators out, or use `--with`",
            )
