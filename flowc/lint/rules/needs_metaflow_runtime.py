"""FC350 `needs-metaflow-runtime`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_WITHOUT_EFFECT = frozenset({"card", "conda", "conda_base", "pypi", "pypi_base", "uv", "secrets"})


@rule("FC350", Severity.WARNING)
def needs_metaflow_runtime(flow: Flow) -> Iterator[Finding]:
    """A decorator that flowc's own runtime carries, but does not act on.

    ## Why is this bad?
    The step runs without what the decorator would do: no environment is solved, no card is
    rendered, no secret is fetched.

    ## Use instead
    Put what the step needs into its image (`--image`), or into `@environment`.
    """
    on_steps = (decorator for step in flow.steps.values() for decorator in step.decorators)
    for decorator in (*flow.decorators, *on_steps):
        if decorator.name in _WITHOUT_EFFECT:
            yield Finding(
                decorator.span,
                f"`@{decorator.name}` has no effect yet",
                "provide what it does in another way, or run the flow with Metaflow",
            )
