"""FC105 `odd-arguments`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC105")
def odd_arguments(flow: Flow) -> Iterator[Finding]:
    """A step with other arguments than `self`, or `self` and `inputs`.

    ## Why is this bad?
    An ordinary step takes `self`, a join `self` and `inputs`; nothing passes any other.

    ## Example
        @step
        def train(self, alpha, *rest):

    ## Use instead
        alpha = Parameter("alpha", default=0.1)

        @step
        def train(self):
            fit(self.alpha)
    """
    for step in flow.steps.values():
        odd = [
            name
            for place, name in enumerate(step.arguments)
            if place > 1 or name.startswith("*") or name.endswith("/")
        ]
        if odd:
            names = ", ".join(f"`{name}`" for name in odd)
            yield Finding(
                step.span,
                f"step `{step.name}` takes {names}",
                "take `self`, and `inputs` in a join; hand values over as artifacts",
            )
