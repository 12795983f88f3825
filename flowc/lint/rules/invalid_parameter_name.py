"""FC305 `invalid-parameter-name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_VALID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@rule("FC305")
def invalid_parameter_name(flow: Flow) -> Iterator[Finding]:
    """A parameter name that cannot be an option of a command line.

    ## Why is this bad?
    Parameters are given as `--name value` and stand in manifests by name.

    ## Example
        alpha = Parameter("learning rate")

    ## Use instead
        alpha = Parameter("learning-rate")
    """
    for parameter in flow.parameters:
        if not _VALID.fullmatch(parameter.name):
            yield Finding(
                parameter.span,
                f"`{parameter.name}` is no valid parameter name",
                "use letters, digits, `-` and `_`, beginning with a letter",
            )
