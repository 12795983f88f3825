"""What Metaflow's runtime cannot run, in words."""

from __future__ import annotations

from flowc.diagnostics import Finding, problem
from flowc.ir.flow import Step


@problem("FC354")
def long_loop(latch: Step, first: Step) -> Finding:
    """A loop over several steps in a flow that runs under Metaflow.

    ## Why is this bad?
    Metaflow runs a single step in a loop, but not several: it stops before the first task. The
    flow runs under Metaflow because it needs what only Metaflow does (FC350, FC353), or because
    `--runtime metaflow` says so.

    ## Example
        @card
        @step
        def train(self):
            self.next(self.check)

        @step
        def check(self):
            self.next({"again": self.train, "done": self.end}, condition="verdict")

    ## Use instead
    One step that leads back to itself. Or do without what needs Metaflow, or choose
    `--runtime native`: flowc's own runtime has loops over any number of steps.
    """
    span = latch.transition.span if latch.transition else latch.span
    return Finding(
        span,
        f"`{latch.name}` leads back to `{first.name}`, and Metaflow's runtime has no loop over "
        "several steps",
        "make the loop one step, or choose `--runtime native`",
    )
