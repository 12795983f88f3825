"""The flow's parameters as those of a pipeline, and how the start step is given them."""

from __future__ import annotations

import json
import sys

from flowc.ir.flow import Flow, Parameter, ParameterKind
from flowc.ir.values import is_certain, plain
from flowc.names import Names
from flowc.targets.kubeflow.parts import OWN_INPUTS, Part

_TYPES = {
    ParameterKind.INT: "NUMBER_INTEGER",
    ParameterKind.FLOAT: "NUMBER_DOUBLE",
    ParameterKind.BOOL: "BOOLEAN",
}

# The API server keeps all numbers as JSON does.
_MOST = {ParameterKind.INT: 2**53, ParameterKind.FLOAT: sys.float_info.max}


def parameter_inputs(flow: Flow) -> dict[str, Part]:
    """The inputs of the pipeline."""
    return {parameter.name: _definition(parameter) for parameter in flow.parameters}


def input_names(flow: Flow) -> dict[str, str]:
    """What the start step's component calls each: not as what every step is given."""
    names = Names()
    for own in OWN_INPUTS:
        names.take(own)
    return {parameter.name: names.take(parameter.name) for parameter in flow.parameters}


def given_parameters(flow: Flow) -> tuple[dict[str, str], dict[str, str]]:
    """How the start step is told of each: of those that always have a value, and the others."""
    references = {
        name: f"{{{{$.inputs.parameters['{own}']}}}}" for name, own in input_names(flow).items()
    }
    unset = {each.name for each in flow.parameters if _default(each) is None and not each.required}
    always = {name: text for name, text in references.items() if name not in unset}
    return always, {name: text for name, text in references.items() if name in unset}


def default_text(parameter: Parameter) -> str:
    """The default where it is a text, and an empty one otherwise."""
    default = _default(parameter)
    return default if isinstance(default, str) else ""


def has_number_of_json(parameter: Parameter) -> bool:
    """Whether its default, where it is a number, is the same one in 64 bits and no `inf`."""
    default = _default(parameter)
    most = _MOST.get(parameter.kind)
    if most is None or not isinstance(default, int | float):
        return True
    # No `nan` is less than anything.
    return abs(default) <= most


def _definition(parameter: Parameter) -> Part:
    # JSON is a text: a user gives any kind of it.
    kind: Part = {"parameterType": _TYPES.get(parameter.kind, "STRING")}
    help_text = {"description": parameter.help} if parameter.help else {}
    if parameter.required:
        return {**kind, **help_text}
    default = _default(parameter)
    if default is None:
        # What has no value is an empty text, whatever its type.
        return {"parameterType": "STRING", "defaultValue": "", "isOptional": True, **help_text}
    return {**kind, "defaultValue": default, "isOptional": True, **help_text}


def _default(parameter: Parameter) -> object:
    """The default, or None where only the flow can make it."""
    if not is_certain(parameter.default):
        return None
    value = plain(parameter.default)
    if parameter.kind is ParameterKind.JSON and value is not None and not isinstance(value, str):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return value
