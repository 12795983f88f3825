"""What one decorator asks for, argument by argument."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Unknown, Value
from flowc.passes import decorator_problems as problems
from flowc.passes.arguments.kinds import Kind, UnfitError
from flowc.passes.arguments.table import IN_NO_MANIFEST, arguments_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A decorator with the values of its arguments: those that are given, usable and not None."""

    decorator: Decorator
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.decorator.name

    def wrong(self, *arguments: str) -> bool:
        """Whether one of the arguments is given, but not usable."""
        given = self.decorator.arguments
        return any(given.get(each) is not None and each not in self.values for each in arguments)


def ask(decorators: Sequence[Decorator]) -> tuple[list[Asked], list[Diagnostic]]:
    """What the step decorators of Metaflow's core ask for, and what is wrong with them."""
    asked: list[Asked] = []
    found: list[Diagnostic] = []
    for decorator in decorators:
        kinds = arguments_of(decorator.core)
        if kinds is not None:
            values: dict[str, Any] = {}
            found += _read(decorator, kinds, values)
            asked.append(Asked(decorator, values))
    return asked, found


def _read(
    decorator: Decorator, kinds: Mapping[str, Kind], values: dict[str, Any]
) -> Iterator[Diagnostic]:
    """Put each usable argument into `values`; yields what is wrong with the others."""
    for argument, value in decorator.arguments.items():
        unknown = list(_unknown(value))
        if argument not in kinds:
            yield problems.unknown_argument(decorator, argument, sorted(kinds))
        elif unknown and decorator.name not in IN_NO_MANIFEST:
            for each in unknown:
                yield problems.argument_not_static(decorator, argument, each)
        elif not unknown and value is not None:
            try:
                values[argument] = kinds[argument](value)
            except UnfitError as unfit:
                yield problems.wrong_argument(
                    decorator, argument + unfit.place, repr(unfit.value), unfit.expected
                )
    if {"inferentia", "trainium"} <= values.keys():
        yield problems.two_names_for_one(decorator, "inferentia", "trainium")


def _unknown(value: Value) -> Iterator[Unknown]:
    match value:
        case Unknown():
            yield value
        case tuple():
            for member in value:
                yield from _unknown(member)
        case Mapping():
            for member in value.values():
                yield from _unknown(member)
