"""`Parameter` and `IncludeFile` in a flow's body."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Content, Parameter, ParameterKind, Unknown, Value
from flowc.syntax import problems
from flowc.syntax.names import Names
from flowc.syntax.parameter_arguments import Arguments, faults, read_arguments

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

_WRITTEN_OUT = "write its arguments out, one by one"


def read_parameter(
    attribute: str, call: cst.Call, names: Names, span: Span
) -> tuple[Parameter | None, list[Diagnostic]]:
    """The parameter that `attribute = Parameter(…)` declares."""
    maker = names.meaning(call.func) or "Parameter"
    arguments = read_arguments(maker, call, names, span)
    if arguments is None:
        return None, [problems.not_read(span, f"a `{maker}` with `*` or `**`", _WRITTEN_OUT)]
    given = arguments.values
    name = given.get("name")
    if not isinstance(name, str):
        return None, [problems.parameter_name(span, attribute)]
    kind = _kind(arguments)
    parameter = Parameter(
        name=name,
        attribute=attribute,
        kind=kind or ParameterKind.STR,
        span=span,
        default=given.get("default"),
        # As in Metaflow, a default makes it needless to give a value.
        required=given.get("required") is True and given.get("default") is None,
        help=_text(given.get("help")),
        separator=_text(given.get("separator")) if maker == "Parameter" else "",
        computed=arguments.is_function("default"),
        show_default=given.get("show_default") is not False,
        content=_content(arguments) if maker == "IncludeFile" else None,
    )
    found = [problems.parameter_argument(span, name, *fault) for fault in faults(arguments)]
    return parameter, found if kind else [*found, problems.parameter_type(span, name)]


def _content(arguments: Arguments) -> Content:
    given = arguments.values
    is_text, encoding = given.get("is_text"), given.get("encoding")
    parser = arguments.shown("parser") if given.get("parser") is not None else ""
    return Content(
        is_text=True if is_text is None else is_text,
        encoding="utf-8" if encoding is None else encoding,
        parser=_text(given.get("parser")) or parser,
    )


def _kind(arguments: Arguments) -> ParameterKind | None:
    """The parameter's kind; None if its type is none that flowc knows."""
    given, names = arguments.nodes.get("type"), arguments.names
    if arguments.maker == "IncludeFile":
        return ParameterKind.FILE
    if given is None or (isinstance(given, cst.Name) and given.value == "None"):
        return _kind_of(arguments.values.get("default"))
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
