"""`--with` on the command line: a decorator for every step, as Metaflow spells it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches

from flowc.diagnostics import Span
from flowc.errors import UsageError
from flowc.ir.flow import Decorator, Value
from flowc.passes.arguments.table import STEP_DECORATORS

# A comma separates only where another `name=` follows it: values may hold commas.
_SEPARATOR = re.compile(r",(?=[\s\w]+=)")
_COMMAND_LINE = Span("--with")


def parse_decospec(text: str) -> Decorator:
    """The decorator that `retry` or `kubernetes:cpu=2,memory=8000` asks for."""
    name, _, rest = text.partition(":")
    if name not in STEP_DECORATORS:
        near = get_close_matches(name, STEP_DECORATORS, 1)
        advice = f"write `--with {near[0]}`" if near else f"use {', '.join(STEP_DECORATORS)}"
        raise UsageError(f"--with knows no step decorator `{name}`; {advice}")
    items = [item.partition("=") for item in _SEPARATOR.split(rest)] if rest else []
    for word, equals, _ in items:
        if not equals or not word.strip().isidentifier():
            raise UsageError(f"--with {text}: `{word}` is no `argument=value`")
    arguments = {word.strip(): _value(value.strip()) for word, _, value in items}
    return Decorator(name, arguments, _COMMAND_LINE)


def _value(text: str) -> Value:
    """A value in JSON, else a number, else the text itself, as Metaflow reads it."""
    try:
        return _frozen(json.loads(text.replace('\\"', '"')))
    except ValueError:
        pass
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _frozen(value: object) -> Value:
    match value:
        case list():
            return tuple(_frozen(member) for member in value)
        case dict():
            members: Mapping[str, Value] = {key: _frozen(member) for key, member in value.items()}
            return members
        case bool() | int() | float() | str() | None:
            return value
        case _:
            raise ValueError(value)
