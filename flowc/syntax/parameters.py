"""`Parameter` and `IncludeFile` in a flow's body."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Parameter, ParameterKind, Unknown, Value
from flowc.syntax import problems
from flowc.syntax.imports import Imports
from flowc.syntax.literals import arguments

MAKERS = frozenset({"Parameter", "IncludeFile"})

_KINDS = {
    "str": ParameterKind.STR,
    "int": ParameterKind.INT,
    "float": ParameterKind.FLOAT,
    "bool": ParameterKind.BOOL,
    "JSONType": ParameterKind.JSON,
}


def read_parameter(
    attribute: str, call: cst.Call, imports: Imports, span: Span
) -> tuple[Parameter | None, list[Diagnostic]]:
    """The parameter that `attribute = Parameter(…)` declares."""
    positional, keywords = arguments(call, lambda _: span)
    name = positional[0] if positional else keywords.get("name")
    if not isinstance(name, str):
        return None, [problems.parameter_name(span, attribute)]
    kind, diagnostics = _kind(call, keywords, imports, span, name)
    default = keywords.get("default")
    parameter = Parameter(
        name=name,
        attribute=attribute,
        kind=kind,
        span=span,
        default=default,
        required=keywords.get("required") is True,
        help=_text(keywords.get("help")),
        separator=_text(keywords.get("separator")),
    )
    return parameter, diagnostics


def _kind(
    call: cst.Call, keywords: Mapping[str, Value], imports: Imports, span: Span, name: str
) -> tuple[ParameterKind, list[Diagnostic]]:
    if imports.meaning(call.func) == "IncludeFile":
        return ParameterKind.FILE, []
    given = next(
        (arg.value for arg in call.args if arg.keyword and arg.keyword.value == "type"), None
    )
    if given is None:
        return _kind_of(keywords.get("default")), []
    word = given.value if isinstance(given, cst.Name) else ""
    kind = _KINDS.get(imports.meaning(given) or word)
    if kind is None:
        return ParameterKind.STR, [problems.parameter_type(span, name)]
    return kind, []


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
