"""Python expressions as `ruff format` writes them, from values: nothing is pasted into text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

# The length of lines that formatters have by default.
LINE = 88

_STEP = 4
_ESCAPE_OR_QUOTE = re.compile(r"\\.|\"", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the file, with dots in it perhaps; never a word of the user's."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a name of the file."""

    function: str
    positional: tuple[Expression, ...] = ()
    keywords: Mapping[str, Expression] = field(default_factory=dict)


Expression: TypeAlias = (
    "Name | Call | str | int | float | bool | list[Expression] | tuple[Expression, ...] "
    "| Mapping[str, Expression] | None"
)


def assignment(name: str, value: Expression, indent: int = 0) -> str:
    """The statement that gives a value a name; without a name, the value alone."""
    before = f"{name} = " if name else ""
    return before + written(value, indent, len(before))


def in_docstring(line: str) -> str:
    """A line of text as it stands between the quotes of a docstring."""
    return _escaped(line.expandtabs(_STEP)).replace("\\'", "'").replace('"""', '\\"' * 3)


def written(value: Expression, indent: int = 0, before: int = 0, after: int = 0) -> str:
    """The text of an expression in a line that is indented by as much.

    `before` and `after` are how many letters stand beside it in its first and last line.
    """
    flat = _flat(value)
    if indent + before + len(flat) + after <= LINE or not _has_parts(value):
        return flat
    opening, closing = _brackets(value)
    inner = indent + _STEP
    lines = [f"{' ' * inner}{part}," for part in _parts(value, inner)]
    return "\n".join([opening, *lines, " " * indent + closing])


def _flat(value: Expression) -> str:
    match value:
        case Name(text):
            return text
        case str():
            return _quoted(value)
        case float() if value in {float("inf"), float("-inf")} or value != value:  # noqa: PLR0124
            return f"float({_quoted(str(value))})"
        case float():
            return re.sub(r"e([+-])0*", r"e\1", repr(value)).replace("e+", "e")
        case None | bool() | int():
            return repr(value)
        case tuple([one]):
            return f"({_flat(one)},)"
        case _:
            opening, closing = _brackets(value)
            return opening + ", ".join(_flat_parts(value)) + closing


def _brackets(value: Expression) -> tuple[str, str]:
    match value:
        case Call(function):
            return f"{function}(", ")"
        case Mapping():
            return "{", "}"
        case tuple():
            return "(", ")"
        case _:
            return "[", "]"


def _has_parts(value: Expression) -> bool:
    match value:
        case Call(_, positional, keywords):
            return bool(positional or keywords)
        case list() | tuple() | Mapping():
            return bool(value)
        case _:
            return False


def _flat_parts(value: Expression) -> Iterable[str]:
    return (before + _flat(part) for before, part in _labelled(value))


def _parts(value: Expression, indent: int) -> Iterator[str]:
    for before, part in _labelled(value):
        # A comma follows.
        yield before + written(part, indent, len(before), 1)


def _labelled(value: Expression) -> Iterator[tuple[str, Expression]]:
    match value:
        case Call(_, positional, keywords):
            yield from (("", part) for part in positional)
            yield from ((f"{name}=", part) for name, part in keywords.items())
        case Mapping():
            yield from ((f"{_quoted(key)}: ", part) for key, part in value.items())
        case list() | tuple():
            yield from (("", part) for part in value)


def _quoted(text: str) -> str:
    """The literal of a text, in double quotes unless single ones save escapes."""
    inner = _escaped(text)
    if text.count('"') > text.count("'"):
        return f"'{inner}'"
    return f'"{_ESCAPE_OR_QUOTE.sub(_for_double_quotes, inner)}"'


def _escaped(text: str) -> str:
    """What Python writes of a text between single quotes."""
    # With both quotes in it, Python puts a text in single ones, and escapes only those.
    return repr(text + "'\"")[1:-4]


def _for_double_quotes(found: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])
