"""`Parameter` and `IncludeFile` in a flow's body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Parameter, ParameterKind, Unknown, Value
from flowc.syntax import problems
from flowc.syntax.names import Names

MAKERS = frozenset({"Parameter", "IncludeFile"})

_KINDS = {
    "str": ParameterKind.STR,
    "int": ParameterKind.INT,
    "float": ParameterKind.FLOAT,
    "bool": ParameterKind.BOOL,
    "dict": ParameterKind.JSON,
    "list": ParameterKind.JSON,
    "JSONType": ParameterKind.JSON,
}

# Metaflow's positional arguments.
_ORDER = {
    "Parameter": ("name", "default", "type", "help", "required"),
    "IncludeFile": ("name", "required", "is_text", "encoding", "help"),
}
_WRITTEN_OUT = "write its arguments out, one by one"


def read_parameter(
    attribute: str, call: cst.Call, names: Names, span: Span
) -> tuple[Parameter | None, list[Diagnostic]]:
    """The parameter that `attribute = Parameter(…)` declares."""
    maker = names.meaning(call.func) or "Parameter"
    spread = [names.value(arg.value, span) for arg in call.args if arg.star == "**"]
    entries = [value for value in spread if isinstance(value, Mapping) and "type" not in value]
    if len(entries) < sum(bool(arg.star) for arg in call.args):
        return None, [problems.not_read(span, f"a `{maker}` with `*` or `**`", _WRITTEN_OUT)]
    nodes = named_arguments(call, _ORDER[maker])
    given = {word: names.value(node, span) for word, node in nodes.items()}
    given |= {word: value for mapping in entries for word, value in mapping.items()}
    name = given.get("name")
    if not isinstance(name, str):
        return None, [problems.parameter_name(span, attribute)]
    kind = _kind(maker, nodes.get("type"), given.get("default"), names)
    parameter = Parameter(
        name=name,
        attribute=attribute,
        kind=kind or ParameterKind.STR,
        span=span,
        default=given.get("default"),
        required=given.get("required") is True,
        help=_text(given.get("help")),
        separator=_text(given.get("separator")),
    )
    return parameter, [] if kind else [problems.parameter_type(span, name)]


def named_arguments(call: cst.Call, order: Sequence[str]) -> dict[str, cst.BaseExpression]:
    """A call's arguments by name; those without one are named in order."""
    positional = [arg.value for arg in call.args if not arg.keyword and not arg.star]
    keywords = {arg.keyword.value: arg.value for arg in call.args if arg.keyword}
    return dict(zip(order, positional, strict=False)) | keywords


def _kind(
    maker: str, given: cst.BaseExpression | None, default: Value, names: Names
) -> ParameterKind | None:
    """The parameter's kind; None if its type is none that flowc knows."""
    if maker == "IncludeFile":
        return ParameterKind.FILE
    if given is None or (isinstance(given, cst.Name) and given.value == "None"):
        return _kind_of(default)
    word = given.value if isinstance(given, cst.Name) else ""
    return _KINDS.get(names.meaning(given) or word) or _KINDS.get(names.kind_word(given))


def _kind_of(default: Value) -> ParameterKind:
    """The kind that Metaflow infers from a default without a type."""
    match default:
        case bool():
            return ParameterKind.BOOL
        case int():
            return ParameterKind.INT
        case float():
            return ParameterKind.FLOAT
        case Mapping() | tuple():
            return ParameterKind.JSON
        case _:
            return ParameterKind.STR


def _text(value: Value) -> str:
    return "" if value is None or isinstance(value, Unknown) else str(value)
