"""FC312 `wrong-default`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, ParameterKind, Unknown
from flowc.lint.rule import rule

_FITTING: dict[ParameterKind, tuple[type, ...]] = {
    ParameterKind.STR: (str,),
    ParameterKind.INT: (int,),
    ParameterKind.FLOAT: (int, float),
    ParameterKind.BOOL: (bool,),
}


@rule("FC312")
def wrong_default(flow: Flow) -> Iterator[Finding]:
    """A parameter whose default is not of its type.

    ## Why is this bad?
    A run without the option would start with a value that the type refuses.

    ## Example
        alpha = Parameter("alpha", type=float, default="high")

    ## Use instead
        alpha = Parameter("alpha", type=float, default=0.9)
    """
    for parameter in flow.parameters:
        fitting = _FITTING.get(parameter.kind)
        default = parameter.default
        if (
            fitting is None
            or default is None
            or isinstance(default, Unknown)
            or parameter.separator
        ):
            continue
        if not isinstance(default, fitting) or (isinstance(default, bool) and bool not in fitting):
            yield Finding(
                parameter.span,
                f"the default of `{parameter.name}` is {default!r}, which is no {parameter.kind}",
                f"give a default of type `{parameter.kind}`, or change the type",
            )
