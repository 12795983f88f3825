"""FC117 `renamed-self`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC117")
def renamed_self(flow: Flow) -> Iterator[Finding]:
    """A step that calls its first argument something else than `self`.

    ## Why is this bad?
    Metaflow looks for `self.next` by that name, and refuses the flow.

    ## Example
        @step
        def train(this):
            this.next(this.end)

    ## Use instead
        @step
        def train(self):
            self.next(self.end)
    """
    for step in flow.steps.values():
        first = step.arguments[0].rstrip("/") if step.arguments else "self"
        if first != "self" and not first.startswith("*"):
            yield Finding(
                step.span,
                f"step `{step.name}` calls its first argument `{first}`",
                "call it `self`",
            )
