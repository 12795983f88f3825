"""What a task runs on every engine: the words and variables that the shim is started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

SHIM = ("python", "-m", "flowc.runtime")


class Option(StrEnum):
    """What the shim must be told of a task, by a word of its command line or by a variable."""

    PLAN = "plan"
    SOURCE = "source"
    STORE = "store"
    RUN = "run"
    PATH = "path"
    ATTEMPT = "attempt"
    CONTROL = "control"
    ORIGIN = "origin"
    FROM = "from"
    MEMBER = "member"
    ITEMS = "items"
    NEXT = "next"
    AT = "at"
    ENDED = "ended"


def variables(options: Mapping[Option, str]) -> dict[str, str]:
    """Options as environment variables."""
    return {f"FLOWC_{option.value.upper()}": value for option, value in options.items()}


def words(
    step: str,
    options: Mapping[Option, str],
    parameters: Mapping[str, str],
    parameters_if_set: Mapping[str, str],
) -> tuple[str, ...]:
    """What follows `SHIM` on the command line of a task, nothing quoted.

    `parameters` are for the start step; the shim takes one of `parameters_if_set` for absent
    where its value is empty. Values may be references that the engine resolves.
    """
    return ("step", step, *_words(options, parameters, parameters_if_set))


def _words(
    options: Mapping[Option, str],
    parameters: Mapping[str, str],
    parameters_if_set: Mapping[str, str],
) -> Iterator[str]:
    for option, value in options.items():
        yield from (f"--{option.value}", value)
    for name, value in parameters.items():
        yield from ("--param", f"{name}={value}")
    for name, value in parameters_if_set.items():
        yield from ("--param-if-set", f"{name}={value}")
