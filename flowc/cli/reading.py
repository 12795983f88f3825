"""The flow that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.cli.output import fail, report, tell

if TYPE_CHECKING:
    from flowc.cli.options import Asked
    from flowc.diagnostics import Diagnostic
    from flowc.driver import Reading
    from flowc.ir.flow import Flow

_REASONS = frozenset({"FC350", "FC353"})


def read(name: str, asked: Asked) -> tuple[Flow, Reading]:
    """The flow of a file; what is wrong is reported, and without a flow the command ends."""
    from flowc.driver import read_flow

    reading = read_flow(name, *asked)
    report([reading], _without_reasons(reading))
    if reading.flow is None:
        fail()
    return reading.flow, reading


def _without_reasons(reading: Reading) -> list[Diagnostic]:
    """The diagnostics but those that say why the flow runs under Metaflow: a line tells of each."""
    if reading.flow is None or reading.flow.runtime.value != "metaflow":
        return reading.diagnostics
    others = []
    for found in reading.diagnostics:
        if found.code in _REASONS:
            place = f"{found.span.path}:{found.span.line}:{found.span.column}"
            tell(f"{place}: {found.message}; the flow runs under Metaflow")
        else:
            others.append(found)
    return others
