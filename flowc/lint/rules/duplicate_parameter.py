"""FC304 `duplicate-parameter`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Note
from flowc.ir.flow import Flow, Parameter
from flowc.lint.rule import rule


@rule("FC304")
def duplicate_parameter(flow: Flow) -> Iterator[Finding]:
    """Two parameters with the same name, or one with the name of a step.

    ## Why is this bad?
    Names are compared without regard to case, as in manifests, and `-` is the same as `_`. The
    value given on the command line would reach only one of the two; a parameter named like a step
    replaces the step.

    ## Use instead
    Give each a name of its own.
    """
    first: dict[str, Parameter] = {}
    for parameter in flow.parameters:
        earlier = first.setdefault(parameter.name.replace("-", "_").lower(), parameter)
        if earlier is not parameter:
            yield Finding(
                parameter.span,
                f"parameter `{parameter.name}` is declared twice",
                "rename one of the two",
                (Note(earlier.span, "declared here first"),),
            )
        if parameter.attribute in flow.steps:
            yield Finding(
                parameter.span,
                f"`{parameter.attribute}` is both a parameter and a step",
                "rename one of the two",
            )
