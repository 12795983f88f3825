"""FC208 `gang-without-parallel`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind
from flowc.lint.rule import rule

_GANG = frozenset(
    {"parallel", "pytorch_parallel", "torchrun", "deepspeed", "metaflow_ray", "mpi", "tensorflow"}
)


@rule("FC208")
def gang_without_parallel(flow: Flow) -> Iterator[Finding]:
    """`num_parallel` and `@parallel` do not go together.

    ## Why is this bad?
    The members of a gang start at once and know of each other. Both the transition and
    the step must say so, as in Metaflow.

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
        marked = any(item.name in _GANG for item in step.decorators)
        if step.name in gangs and not marked:
            yield Finding(
                step.span,
                f"step `{step.name}` runs as a gang, but has no `@parallel`",
                "decorate the step with `@parallel`",
            )
        elif marked and step.name not in gangs:
            yield Finding(
                step.span,
                f"step `{step.name}` has `@parallel`, but no `num_parallel` leads to it",
                f"write `self.next(self.{step.name}, num_parallel=…)`",
            )
