"""The arguments of a decorator that stands above a flow, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow, Unknown, Value
from flowc.passes import decorator_problems as problems

_LONGEST_TEXT = 60


@dataclass(slots=True)
class Arguments:
    """The arguments of one decorator; what is wrong with them is collected on the way."""

    decorator: Decorator
    known: Sequence[str]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        for argument in self.decorator.arguments:
            if argument not in self.known:
                here = self.decorator.at(argument)
                self.found(problems.unknown_argument(here, argument, self.known))

    def found(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)

    def given(self, argument: str) -> Value:
        """The argument as it stands there, None if it does not."""
        return self.decorator.arguments.get(argument)

    def value(self, argument: str, fits: Callable[[Value], bool], expected: str) -> Value:
        """The argument's value; None, and perhaps a diagnostic, if there is no usable one."""
        value = self.given(argument)
        if value is None:
            return None
        if (unknown := unknown_in(value)) is not None:
            self.unknown(argument, unknown)
            return None
        if not fits(value):
            self.wrong(argument, value, expected)
            return None
        return value

    def unknown(self, argument: str, unknown: Unknown) -> None:
        self.found(problems.argument_not_static(self.decorator, argument, unknown))

    def wrong(self, argument: str, given: Value, expected: str) -> None:
        here = self.decorator.at(argument)
        self.found(problems.wrong_argument(here, argument, shown(given), expected))

    def text(self, argument: str, expected: str = "a text") -> str | None:
        value = self.value(argument, is_text, expected)
        return value if isinstance(value, str) else None

    def flag(self, argument: str) -> bool | None:
        value = self.value(argument, is_flag, "`True` or `False`")
        return None if value is None else bool(value)

    def mapping(self, argument: str, expected: str) -> Mapping[str, Value]:
        value = self.value(argument, is_mapping, expected)
        return value if isinstance(value, Mapping) else {}


def named(flow: Flow, *names: str) -> Iterator[Decorator]:
    """The flow's decorators of these names, in order."""
    return (decorator for decorator in flow.decorators if decorator.core in names)


def unknown_in(value: Value) -> Unknown | None:
    """The value, or the first part of it, that only running would tell."""
    match value:
        case Unknown():
            return value
        case tuple():
            parts: Sequence[Value] = value
        case Mapping():
            parts = list(value.values())
        case _:
            return None
    return next((found for part in parts if (found := unknown_in(part)) is not None), None)


def shown(value: Value) -> str:
    """The value as it may stand in the source, cut off where it is long."""
    text = _shown(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _shown(value: Value) -> str:
    match value:
        case Unknown():
            return value.text
        case tuple():
            return f"[{', '.join(map(_shown, value))}]"
        case Mapping():
            entries = (f"{key!r}: {_shown(entry)}" for key, entry in value.items())
            return f"{{{', '.join(entries)}}}"
        case _:
            return repr(value)


def is_text(value: Value) -> bool:
    return isinstance(value, str)


def is_flag(value: Value) -> bool:
    """Whether it is a truth value; Metaflow takes numbers for them, too."""
    return isinstance(value, int) and value in {0, 1}


def is_mapping(value: Value) -> bool:
    return isinstance(value, Mapping)
