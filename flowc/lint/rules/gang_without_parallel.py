"""FC208 `gang-without-parallel`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule


@rule("FC208")
def gang_without_parallel(flow: Flow) -> Iterator[Finding]:
    """`num_parallel` and `@parallel` do not go together.

    ## Why is this bad?
    The members of a gang start at once and know of each other. Both the transition and
    the step must say so, as in Metaflow. Extensions that run a step on a gang, such as
    `@torchrun`, `@deepspeed` and `@metaflow_ray`, stand for `@parallel`.

    ## Example
        self.next(self.train, num_parallel=4)

        @step
        def train(self):

    ## Use instead
        @parallel
        @step
        def train(self):
    """
    gangs = {name for s in flow.steps.values() if s.kind is Kind.GANG for name in s.next_steps}
    for step in flow.steps.values():
        marks = [decorator.name for decorator in step.decorators if decorator.makes_gang]
        added = any(decorator.may_add for decorator in (*flow.decorators, *step.decorators))
        if step.name in gangs and not marks and not added:
            yield Finding(
                step.span,
                f"step `{step.name}` runs as a gang, but has no `@parallel`",
                "decorate the step with `@parallel`",
            )
        elif marks and step.name not in gangs:
            yield Finding(
                step.span,
                f"step `{step.name}` has `@{marks[0]}`, but no `num_parallel` leads to it",
                f"write `self.next(self.{step.name}, num_parallel=…)`",
            )
