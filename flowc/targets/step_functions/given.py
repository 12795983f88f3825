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

# The largest number of 15 digits.
_MOST = 10**15 - 1


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


def inexact(flow: Flow) -> str:
    """The expression for the names of the parameters whose numbers would change in that text.

    JSONata writes numbers with 15 digits, and may not have read more.
    """
    found = given(flow)
    number = f"$abs($value) > {_MOST} or $number($string($value)) != $value"
    changes = f"function($value) {{ $type($value) = 'number' ? {number} : false }}"
    inside = f"$count($filter([$lookup({found}, $name).**], {changes})) > 0"
    return f"$filter($keys({found}), function($name) {{ {inside} }})"


def environment_of(flow: Flow, step: str) -> str:
    """The variables that only an execution knows; the first step gets what it was given."""
    if step != flow.start or not flow.parameters:
        return expression(ENVIRONMENT)
    parameters = variable("FLOWC_PARAMETERS", given_text(flow))
    return expression(f"$append({ENVIRONMENT}, {parameters})")
