"""Reads `@schedule`: which of its arguments counts, and what its cron and its zone mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar
from zoneinfo import available_timezones

from flowc.diagnostics import Diagnostic
from flowc.ir.cron import Schedule
from flowc.ir.flow import Decorator, Flow, Unknown, Value
from flowc.passes import decorator_problems
from flowc.passes import schedule_problems as problems
from flowc.passes.flow_arguments import shown
from flowc.passes.parse_cron import parse_cron

T = TypeVar("T")

_ARGUMENTS = ("cron", "daily", "hourly", "timezone", "weekly")
# As Metaflow chooses where several are given.
_PRECEDENCE = ("cron", "weekly", "hourly", "daily")
_FLAGS = {"weekly": "@weekly", "hourly": "@hourly", "daily": "@daily"}
# Files of the zone database that are no zones, or another zone on each machine.
_NO_ZONES = frozenset({"Factory", "localtime"})


def read_schedule(flow: Flow) -> tuple[Schedule | None, list[Diagnostic]]:
    """When the flow is to run by the clock; None if it is not, or if what says so is wrong."""
    for decorator in flow.decorators:
        if decorator.core == "schedule":
            schedule, found = read_times(decorator)
            return schedule, [*found, *_unfilled(flow, decorator, schedule)]
    return None, []


def read_times(decorator: Decorator) -> tuple[Schedule | None, list[Diagnostic]]:
    """The times that the arguments `cron` and `timezone` of any decorator mean."""
    reading = _Reading(decorator)
    return reading.schedule(), reading.diagnostics


def _unfilled(flow: Flow, decorator: Decorator, schedule: Schedule | None) -> list[Diagnostic]:
    return [
        problems.scheduled_without_value(parameter, decorator)
        for parameter in flow.parameters
        if schedule and parameter.required and parameter.default is None
    ]


@dataclass(slots=True)
class _Reading:
    """One `@schedule`; what is wrong with it is collected on the way."""

    decorator: Decorator
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def schedule(self) -> Schedule | None:
        for argument in self.decorator.arguments:
            if argument not in _ARGUMENTS:
                self._found(
                    decorator_problems.unknown_argument(self.decorator, argument, _ARGUMENTS)
                )
        text, zone = self._text(), self._zone()
        if text is None:
            return None
        cron, found = parse_cron(text, self.decorator)
        self.diagnostics += found
        return Schedule(cron, self.decorator.span, zone) if cron and zone else None

    def _text(self) -> str | None:
        """The cron that counts; None if there is none, or nothing can be said for sure."""
        values = {name: self._time(name) for name in _PRECEDENCE}
        asked = [name for name, value in values.items() if value]
        if any(isinstance(value, Unknown) for value in values.values()):
            return None
        if len(asked) > 1:
            self._found(problems.several_times(self.decorator, asked))
        if not asked and self.decorator.arguments.get("daily", True):
            asked = ["daily"]
        return next((_FLAGS.get(name) or str(values[name]) for name in asked), None)

    def _time(self, name: str) -> Value:
        if name == "cron":
            return self._value(name, str, "a text such as `0 10 * * ? *`")
        return self._value(name, int, "`True` or `False`")

    def _zone(self) -> str | None:
        name = self._value("timezone", str, "the name of a time zone, such as `Europe/Berlin`")
        if isinstance(name, Unknown):
            return None
        if not name or name == "UTC":
            return "UTC"
        return self._checked_zone(str(name))

    def _checked_zone(self, name: str) -> str | None:
        known = available_timezones() - _NO_ZONES
        if not known:
            self._found(problems.time_zone_unchecked(self.decorator, name))
        elif name not in known:
            self._found(problems.unknown_time_zone(self.decorator, name, _near(name, known)))
            return None
        return name

    def _value(self, argument: str, kind: type[str | int], expected: str) -> Value:
        """The argument's value, None if it has none; an Unknown if it cannot be used."""
        value = self.decorator.arguments.get(argument)
        if isinstance(value, Unknown):
            self._found(decorator_problems.argument_not_static(self.decorator, argument, value))
            return value
        if value is not None and not isinstance(value, kind):
            given = shown(value)
            self._found(
                decorator_problems.wrong_argument(self.decorator, argument, given, expected)
            )
            return Unknown(self.decorator.span, given)
        return value

    def _found(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)


def _near(name: str, known: frozenset[str] | set[str]) -> str:
    """A zone that may have been meant, or nothing."""
    wanted = name.strip().replace(" ", "_").lower()
    names = sorted(known)
    lowered = {zone.lower(): zone for zone in names}
    cities = {zone.lower().rpartition("/")[2]: zone for zone in names if "/" in zone}
    near = get_close_matches(wanted, lowered, 1)
    return lowered.get(wanted) or cities.get(wanted) or (lowered[near[0]] if near else "")
