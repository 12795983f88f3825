"""FC303 `reserved-parameter`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_OPTIONS = frozenset(
    {"params", "with", "tag", "namespace", "obj", "tags", "decospecs", "run-id-file", "help"}
    | {"max-num-splits", "max-workers", "max-log-size", "user-namespace", "run-id", "task-id"}
    | {"runner-attribute-file", "datastore-root"}
)
_ATTRIBUTES = frozenset({"next", "input", "index", "foreach_stack", "merge_artifacts", "cmd"})


@rule("FC303")
def reserved_parameter(flow: Flow) -> Iterator[Finding]:
    """A parameter with a name that the command line or the flow class needs.

    ## Why is this bad?
    `flowc run --run-id …` or `self.next` would mean two things.

    ## Use instead
    Choose another name.
    """
    for parameter in flow.parameters:
        name = parameter.name.replace("_", "-")
        if name in _OPTIONS or parameter.attribute in _ATTRIBUTES:
            yield Finding(
                parameter.span,
                f"`{parameter.name}` is a reserved name",
                "choose another name for the parameter",
            )
