"""The flow's parameters as those of a DAG, with their types as JSON Schema has them."""

from __future__ import annotations

from flowc.ir.flow import Flow, Parameter, ParameterKind
from flowc.ir.values import is_certain, plain
from flowc.targets.airflow.python_text import Call, Expression

_TYPES = {
    ParameterKind.STR: "string",
    ParameterKind.INT: "integer",
    ParameterKind.FLOAT: "number",
    ParameterKind.BOOL: "boolean",
    ParameterKind.FILE: "string",
}


def parameters(flow: Flow) -> dict[str, Expression]:
    """A `Param` for each parameter; one without a default must be given a value.

    Of a flow that events start, those that an event gives may be left out: Airflow has no DAG that
    starts by itself and asks for a value.
    """
    optional = bool(flow.triggers)
    return {each.name: _param(each, optional=optional) for each in flow.parameters}


def _param(parameter: Parameter, *, optional: bool) -> Call:
    kind = _TYPES.get(parameter.kind)
    keywords: dict[str, Expression] = {}
    default = _default(parameter)
    must_be_given = parameter.required and not optional
    if kind:
        nullable = default is None and not must_be_given
        keywords["type"] = ["null", kind] if nullable else kind
    if parameter.help:
        keywords["description"] = parameter.help
    positional: tuple[Expression, ...] = () if must_be_given else (default,)
    return Call("Param", positional, keywords)


def _default(parameter: Parameter) -> Expression:
    """The default, or None where only the flow can make it."""
    if not is_certain(parameter.default):
        return None
    default: Expression = plain(parameter.default)
    return default
