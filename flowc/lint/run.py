"""Runs the rules over a flow."""

from __future__ import annotations

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.lint.table import RULES


def check_shape(flow: Flow) -> list[Diagnostic]:
    """What the rules find in a flow as it was read; it needs no regions."""
    return [diagnostic for rule in RULES for diagnostic in rule(flow)]
