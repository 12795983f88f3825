"""FC204 `step-without-end`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.ir.graph import predecessors, reachable
from flowc.lint.known_graph import dangling, known_graph
from flowc.lint.rule import rule


@rule("FC204")
def step_without_end(flow: Flow) -> Iterator[Finding]:
    """A step from which no way leads to the end of the flow.

    ## Why is this bad?
    The run could never complete.

    ## Example
        self.next(self.train)       # in `train` itself

    ## Use instead
    Give the loop a switch that can leave it, or lead the step to the end.
    """
    graph = known_graph(flow)
    if flow.end and flow.start:
        finishing = reachable(predecessors(graph), dangling(flow) | {flow.end})
        for name in sorted(reachable(graph, [flow.start]) - finishing):
            yield Finding(
                flow.steps[name].span,
                f"no way leads from step `{name}` to the end step `{flow.end}`",
                f"lead `{name}`, or a step after it, to `{flow.end}`",
            )
