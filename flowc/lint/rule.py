"""A rule: a code, a page, and a check that reads the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from flowc.diagnostics import Code, Diagnostic, Finding, Severity
from flowc.ir.flow import Flow

Check = Callable[[Flow], Iterable[Finding]]


@dataclass(frozen=True)
class Rule(Code):
    """A code with a check; called with a flow, it gives the diagnostics."""

    said_by: Check = field(repr=False)

    def __call__(self, flow: Flow) -> Iterator[Diagnostic]:
        for finding in self.said_by(flow):
            yield Diagnostic(self.code, self.severity, finding)


def rule(code: str, severity: Severity = Severity.ERROR) -> Callable[[Check], Rule]:
    """Give a check its code; the docstring becomes the code's page."""
    return lambda check: Rule(code, severity, check)
