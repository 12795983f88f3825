"""What an execution is given for the flow's parameters, as expressions."""

from __future__ import annotations

from flowc.ir.flow import Flow
from flowc.targets.step_functions.jsonata import (
    ENVIRONMENT,
    EVENT_GIVEN,
    GIVEN,
    expression,
    variable,
)


def given(flow: Flow) -> str:
    """The expression for the parameters, once the first state has looked at an event."""
    if not flow.triggers:
        return GIVEN
    from flowc.targets.step_functions.events import given_parameters  # noqa: PLC0415 (few flows)

    return EVENT_GIVEN if given_parameters(flow) else GIVEN


def given_text(flow: Flow) -> str:
    """The expression for the parameters as JSON."""
    found = given(flow)
    return f"$exists({found}) ? $string({found}) : '{{}}'"


def environment_of(flow: Flow, step: str) -> str:
    """The variables that only an execution knows; the first step gets what it was given."""
    if step != flow.start or not flow.parameters:
        return expression(ENVIRONMENT)
    parameters = variable("FLOWC_PARAMETERS", given_text(flow))
    return expression(f"$append({ENVIRONMENT}, {parameters})")
