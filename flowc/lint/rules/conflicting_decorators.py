"""FC313 `conflicting-decorators`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowc.diagnostics import Finding, Note
from flowc.ir.flow import Decorator, Flow
from flowc.lint.rule import rule

_ONCE = frozenset(
    {"retry", "catch", "timeout", "resources", "kubernetes", "batch", "environment", "secrets"}
    | {"conda", "pypi", "parallel", "conda_base", "pypi_base", "project", "schedule"}
    | {"trigger", "trigger_on_finish"}
)
_SAME_PURPOSE = {"batch": "kubernetes"}


@rule("FC313")
def conflicting_decorators(flow: Flow) -> Iterator[Finding]:
    """The same decorator twice on a step or flow, or `@batch` besides `@kubernetes`.

    ## Why is this bad?
    It is not settled which of the two counts, and Metaflow refuses them.

    ## Example
        @resources(cpu=2)
        @resources(memory=8000)
        @step
        def train(self):

    ## Use instead
        @resources(cpu=2, memory=8000)
        @step
        def train(self):
    """
    for decorators in (flow.decorators, *(step.decorators for step in flow.steps.values())):
        yield from _conflicts(decorators)


def _conflicts(decorators: Sequence[Decorator]) -> Iterator[Finding]:
    first: dict[str, Decorator] = {}
    for decorator in decorators:
        if decorator.core not in _ONCE:
            continue
        earlier = first.setdefault(_SAME_PURPOSE.get(decorator.name, decorator.name), decorator)
        if earlier is not decorator:
            yield Finding(
                decorator.span,
                f"`@{decorator.name}` stands besides `@{earlier.name}`",
                "keep one of the two, with all that both ask for",
                (Note(earlier.span, "the other one"),),
            )
