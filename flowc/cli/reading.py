"""The flow that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.cli.output import fail, report

if TYPE_CHECKING:
    from flowc.cli.options import Asked
    from flowc.driver import Reading
    from flowc.ir.flow import Flow


def read(name: str, asked: Asked) -> tuple[Flow, Reading]:
    """The flow of a file; what is wrong is reported, and without a flow the command ends."""
    from flowc.driver import read_flow

    reading = read_flow(name, *asked)
    report([reading], reading.diagnostics)
    if reading.flow is None:
        fail()
    return reading.flow, reading
