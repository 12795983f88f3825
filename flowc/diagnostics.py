"""What flowc says about a flow: spans, diagnostics, and the problems that make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import cleandoc
from typing import Generic, ParamSpec

P = ParamSpec("P")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of a source file; lines and columns count from 1, the end is exclusive.

    `path` is the file as the user named it.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


class Severity(StrEnum):
    """Whether a finding fails the command (`ERROR`) or is only told (`WARNING`)."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A related place of a diagnostic, with a sentence on its part in it."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a problem found: a sentence, its place, and what to do (in the imperative)."""

    span: Span
    message: str
    hint: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with its code and severity, as it is reported."""

    code: str
    severity: Severity
    finding: Finding

    @property
    def span(self) -> Span:
        return self.finding.span

    @property
    def message(self) -> str:
        return self.finding.message

    @property
    def sort_key(self) -> tuple[Span, str, str]:
        return (self.span, self.code, self.message)


@dataclass(frozen=True)
class Code:
    """One code with its severity; `said_by` is the function whose name and docstring it has."""

    code: str
    severity: Severity
    said_by: Callable[..., object] = field(repr=False)

    @property
    def name(self) -> str:
        """The code's name in kebab case, such as `unreachable-step`."""
        return self.said_by.__name__.replace("_", "-")

    @property
    def page(self) -> str:
        """The page that `flowc rule CODE` prints, in Markdown."""
        return cleandoc(self.said_by.__doc__ or "")


@dataclass(frozen=True)
class Problem(Code, Generic[P]):
    """A code that some part of flowc finds on its way; called, it gives the diagnostic."""

    said_by: Callable[P, Finding] = field(repr=False)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Diagnostic:
        return Diagnostic(self.code, self.severity, self.said_by(*args, **kwargs))


def problem(
    code: str, severity: Severity = Severity.ERROR
) -> Callable[[Callable[P, Finding]], Problem[P]]:
    """Give a wording function its code; the docstring becomes the code's page."""
    return lambda said_by: Problem(code, severity, said_by)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by place, then code, without repetitions: the same text on each run."""
    return sorted(dict.fromkeys(diagnostics), key=lambda found: found.sort_key)


def failed(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any of them is an error."""
    return any(found.severity is Severity.ERROR for found in diagnostics)
