"""FC202 `unreachable-step`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.ir.graph import reachable
from flowc.lint.known_graph import dangling, known_graph
from flowc.lint.rule import rule


@rule("FC202")
def unreachable_step(flow: Flow) -> Iterator[Finding]:
    """A step that no way from the start leads to.

    ## Why is this bad?
    An engine runs what the graph connects. A step outside of it never runs.

    ## Example
        @step
        def audit(self):        # no `self.next(self.audit)` anywhere
            self.next(self.end)

    ## Use instead
    Name the step in a `self.next` call, or delete it.
    """
    if flow.start:
        found = reachable(known_graph(flow), [flow.start])
        if found & dangling(flow):
            return
        for step in flow.steps.values():
            if step.name not in found:
                yield Finding(
                    step.span,
                    f"step `{step.name}` cannot be reached from `{flow.start}`",
                    f"pass `self.{step.name}` to a `self.next` call, or delete the step",
                )
