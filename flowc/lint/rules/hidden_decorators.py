"""FC405 `hidden-decorators`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC405")
def hidden_decorators(flow: Flow) -> Iterator[Finding]:
    """A decorator of the user's own that may add some of Metaflow's, in a way that is not certain.

    ## Why is this bad?
    A manifest without what the decorator adds would do something else than the flow. flowc
    follows variables, and functions that only assign and return; whatever else a function does,
    only running would tell.

    ## Example
        def heavy(method):
            if os.environ.get("SMALL"):
                return method
            return resources(memory=64000)(method)

        @heavy
        @step
        def train(self):

    ## Use instead
        heavy = resources(memory=64000)

        @heavy
        @step
        def train(self):
    """
    on_steps = (decorator for step in flow.steps.values() for decorator in step.decorators)
    for decorator in (*flow.decorators, *on_steps):
        if decorator.hides_needed:
            names = ", ".join(f"`{name}`" for name in decorator.hides)
            yield Finding(
                decorator.span,
                f"only running would tell what `@{decorator.name}` decorates with: it uses {names}",
                "write the decorators out, with their arguments, where they are needed",
            )
