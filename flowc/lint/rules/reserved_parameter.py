"""FC303 `reserved-parameter`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Span
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_OPTIONS = frozenset(
    {"params", "with", "tag", "namespace", "obj", "tags", "decospecs", "run-id-file", "help"}
    | {"max-num-splits", "max-workers", "max-log-size", "user-namespace", "run-id", "task-id"}
    | {"runner-attribute-file", "datastore-root", "config", "config-value"}
    | {"flowc-origin", "flowc-from"}
)
_ATTRIBUTES = frozenset(
    {"next", "input", "index", "foreach_stack", "merge_artifacts", "cmd", "name", "script_name"}
)


@rule("FC303")
def reserved_parameter(flow: Flow) -> Iterator[Finding]:
    """A parameter with a name that the command line or the flow class needs.

    ## Why is this bad?
    `flowc run --run-id …` or `self.next` would mean two things. An attribute that begins with an
    underscore is no parameter to Metaflow.

    ## Use instead
    Choose another name.
    """
    for parameter in flow.parameters:
        if parameter.name.replace("_", "-").lower() in _OPTIONS:
            yield _reserved(parameter.span, parameter.name)
    attributes = {parameter.attribute: parameter.span for parameter in flow.parameters}
    attributes |= {config.attribute: config.span for config in flow.configs}
    for attribute, span in attributes.items():
        if attribute in _ATTRIBUTES or attribute.startswith("_"):
            yield _reserved(span, attribute)


def _reserved(span: Span, name: str) -> Finding:
    return Finding(span, f"`{name}` is a reserved name", "choose another name")
