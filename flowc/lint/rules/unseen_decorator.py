"""FC406 `unseen-decorator`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Decorator, Flow, Origin
from flowc.lint.rule import rule


@rule("FC406", Severity.WARNING)
def unseen_decorator(flow: Flow) -> Iterator[Finding]:
    """A decorator from a module that flowc has no source of.

    ## Why is this bad?
    It may be a plain function, which runs as it is. It may as well add retries or resources, or
    be a mutator of Metaflow's; then what flowc compiles lacks all of that.

    ## Example
        from company import audited

        @audited
        @step
        def train(self):

    ## Use instead
    Name the folder in which the module lies in pyproject.toml:

        [tool.flowc]
        source-roots = ["libraries"]
    """
    for decorator in _above(flow):
        if decorator.origin is Origin.UNSEEN and not decorator.hides:
            yield Finding(
                decorator.span,
                f"flowc has no source of `@{decorator.name}`, and sees nothing that it may add",
                "name the folder of its file in `source-roots` of [tool.flowc], in pyproject.toml",
            )


def _above(flow: Flow) -> Iterator[Decorator]:
    yield from flow.decorators
    for step in flow.steps.values():
        yield from step.decorators
