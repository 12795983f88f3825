"""Turns the decorators of each step into its compute, policy, environment and the like."""

from __future__ import annotations

from dataclasses import replace

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow


def apply_decorators(flow: Flow) -> tuple[Flow, list[Diagnostic]]:
    """The flow, its steps with what their decorators ask for."""
    decorated = [step for step in flow.steps.values() if step.decorators]
    if not decorated:
        return flow, []
    # The table of all arguments is loaded only for a flow that has decorators.
    from flowc.passes.arguments.step import read_step  # noqa: PLC0415

    readings = {step.name: read_step(step) for step in decorated}
    read = {name: step for name, (step, _) in readings.items()}
    found = [diagnostic for _, each in readings.values() for diagnostic in each]
    return replace(flow, steps={**flow.steps, **read}), found
