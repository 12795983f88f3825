"""The step graph as far as it is well formed, for rules that look at ways through it."""

from __future__ import annotations

from flowc.ir.flow import Flow


def known_graph(flow: Flow) -> dict[str, list[str]]:
    """For each step the steps it leads to, without those that the flow does not have."""
    return {
        step.name: [name for name in step.next_steps if name in flow.steps]
        for step in flow.steps.values()
    }
