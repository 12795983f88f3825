"""The step graph as far as it is well formed, for rules that look at ways through it."""

from __future__ import annotations

from flowc.ir.flow import Flow, Step


def known_graph(flow: Flow) -> dict[str, list[str]]:
    """For each step the steps it leads to, without those that the flow does not have."""
    return {
        step.name: [name for name in step.next_steps if name in flow.steps]
        for step in flow.steps.values()
    }


def dangling(flow: Flow) -> set[str]:
    """The steps of which it is not known where they lead, each a finding of another rule."""
    return {step.name for step in flow.steps.values() if _dangles(flow, step)}


def _dangles(flow: Flow, step: Step) -> bool:
    if step.transition is None:
        return step.name != flow.end
    return any(name not in flow.steps for name in step.next_steps)
