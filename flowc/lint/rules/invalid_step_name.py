"""FC102 `invalid-step-name`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_VALID = re.compile(r"[a-z0-9][a-z0-9_]*")


@rule("FC102")
def invalid_step_name(flow: Flow) -> Iterator[Finding]:
    """A step name with other letters than `a-z`, digits and underscores, or a leading underscore.

    ## Why is this bad?
    Step names become names of templates, states and tasks, which allow no more than that.

    ## Example
        @step
        def Train(self):

    ## Use instead
        @step
        def train(self):
    """
    for step in flow.steps.values():
        if not _VALID.fullmatch(step.name):
            yield Finding(
                step.span,
                f"`{step.name}` is no valid step name",
                "use lowercase letters, digits and underscores only",
            )
