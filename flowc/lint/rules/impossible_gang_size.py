"""FC355 `impossible-gang-size`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Kind, Transition, Unknown
from flowc.lint.rule import rule


@rule("FC355")
def impossible_gang_size(flow: Flow) -> Iterator[Finding]:
    """`num_parallel` is no number of tasks.

    ## Why is this bad?
    A gang has at least one member. The step would fail when it says what comes next, after all
    its work.

    ## Example
        self.next(self.train, num_parallel=0)

    ## Use instead
        self.next(self.train, num_parallel=1)
    """
    for step in flow.steps.values():
        if step.transition and step.kind is Kind.GANG and not _is_possible(step.transition):
            yield Finding(
                step.transition.span,
                f"step `{step.name}` leads to a gang of `{step.transition.size!r}` members",
                "pass a whole number of 1 or more as `num_parallel`",
            )


def _is_possible(transition: Transition) -> bool:
    size = transition.size
    # What stands for no value at all is left to the step, which may have another.
    return size is None or isinstance(size, Unknown) or (isinstance(size, int) and size >= 1)
