"""FC312 `wrong-default`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Parameter, ParameterKind, Unknown, Value
from flowc.lint.rule import rule

_WORDS = frozenset({"1", "on", "t", "true", "y", "yes", "0", "f", "false", "n", "no", "off"})


@rule("FC312")
def wrong_default(flow: Flow) -> Iterator[Finding]:
    """A parameter whose default is not of its type, nor a text that the type can read.

    ## Why is this bad?
    A run without the option would start with a value that the type refuses. A separator makes
    a list of a text, and of nothing else. The default of a file is its path.

    ## Example
        alpha = Parameter("alpha", type=float, default="high")

    ## Use instead
        alpha = Parameter("alpha", type=float, default=0.9)
    """
    for parameter in flow.parameters:
        default = parameter.default
        if parameter.separator and (parameter.kind is not ParameterKind.STR or parameter.computed):
            what = "its default is a function" if parameter.computed else "is no str"
            yield Finding(
                parameter.span,
                f"parameter `{parameter.name}` has a separator, but {what}",
                "write the default as text, and leave the type out",
            )
        elif default is not None and not isinstance(default, Unknown) and not _fits(parameter):
            is_file = parameter.kind is ParameterKind.FILE
            wanted = "path" if is_file else parameter.kind.value
            instead = f"give a default of type `{wanted}`, or change the type"
            yield Finding(
                parameter.span,
                f"the default of `{parameter.name}` is {default!r}, which is no {wanted}",
                "give the path of a file, as a text" if is_file else instead,
            )


def _fits(parameter: Parameter) -> bool:
    default = parameter.default
    match parameter.kind:
        case ParameterKind.STR:
            return not isinstance(default, tuple | Mapping)
        case ParameterKind.BOOL:
            return isinstance(default, bool) or _reads(default, _bool)
        case ParameterKind.INT:
            return type(default) is int or _reads(default, int)
        case ParameterKind.FLOAT:
            return type(default) in (int, float) or _reads(default, float)
        case ParameterKind.JSON:
            return not isinstance(default, str) or _reads(default, json.loads)
        case ParameterKind.FILE:
            return isinstance(default, str)
        case _:
            assert_never(parameter.kind)


def _reads(default: Value, read: Callable[[str], object]) -> bool:
    if not isinstance(default, str):
        return False
    try:
        read(default)
    except (ValueError, RecursionError):
        return False
    return True


def _bool(text: str) -> bool:
    if text.strip().lower() not in _WORDS:
        raise ValueError(text)
    return True
