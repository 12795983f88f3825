"""The flow's parameters as parameters of the workflow, and how the start step is given them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flowc.ir.flow import Flow, Parameter, ParameterKind, Value
from flowc.ir.values import is_certain, plain
from flowc.targets.argo.payload import Payload

# What whoever submits a workflow may say of another one that it resumes.
_OWN = ("flowc-origin", "flowc-from")
RESUMED_RUN, STEPS_AGAIN = (f"{{{{workflow.parameters.{name}}}}}" for name in _OWN)


def workflow_parameters(flow: Flow) -> list[Payload]:
    """The entries of `spec.arguments.parameters`; one without `value` must be given a value."""
    own = [{"name": name, "value": ""} for name in _OWN]
    return [*map(_workflow_parameter, flow.parameters), *own]


def always_given(flow: Flow) -> dict[str, str]:
    """The parameters that have a value in every run, by name, with Argo's reference to it."""
    return _references(parameter for parameter in flow.parameters if not _may_be_unset(parameter))


def given_if_set(flow: Flow) -> dict[str, str]:
    """The parameters whose empty value leaves it to the flow to make its default."""
    return _references(parameter for parameter in flow.parameters if _may_be_unset(parameter))


def default_text(parameter: Parameter) -> str | None:
    """The default as a user would submit it; nothing if only the flow can make it."""
    match parameter.default:
        case bool() as truth:
            return "true" if truth else "false"
        case str() as text:
            return text
        case int() | float() as number:
            return repr(number)
        case value if parameter.kind is ParameterKind.JSON:
            return _json_text(value)
        case _:
            return None


def _json_text(value: Value) -> str | None:
    if value is None or not is_certain(value):
        return None
    return json.dumps(plain(value), separators=(",", ":"), ensure_ascii=False)


def _workflow_parameter(parameter: Parameter) -> Payload:
    value = {} if parameter.required else {"value": default_text(parameter) or ""}
    description = {"description": parameter.help} if parameter.help else {}
    return {"name": parameter.name, **value, **description}


def _may_be_unset(parameter: Parameter) -> bool:
    return not parameter.required and default_text(parameter) is None


def _references(parameters: Iterable[Parameter]) -> dict[str, str]:
    return {
        parameter.name: f"{{{{workflow.parameters.{parameter.name}}}}}" for parameter in parameters
    }
