"""The text of a cron, in unix or AWS dialect, to its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from flowc.diagnostics import Diagnostic
from flowc.ir.cron import (
    WEEKDAY_NAMES,
    YEARS,
    Cron,
    LastDay,
    MonthDay,
    NearestWeekday,
    NthWeekday,
    WeekDay,
    fires_ever,
)
from flowc.ir.flow import Decorator
from flowc.passes import schedule_problems as problems

T = TypeVar("T")

_ALIASES: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True)
class _Field:
    """What a field may hold; `open_end` is where `*` and `5/2` stop."""

    name: str
    low: int
    high: int
    open_end: int
    names: tuple[str, ...] = ()


_MONTH_NAMES = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
_MINUTE = _Field("minute", 0, 59, 59)
_HOUR = _Field("hour", 0, 23, 23)
_DAY = _Field("day of the month", 1, 31, 31)
_MONTH = _Field("month", 1, 12, 12, _MONTH_NAMES)
_YEAR = _Field("year", YEARS[0], YEARS[-1], YEARS[-1])
# A number is a day of the week by the count of fields: in five 0 and 7 are Sunday, as in
# crontab(5); in six 1 is Sunday, as with EventBridge.
_UNIX_WEEKDAY = _Field("day of the week", 0, 7, 6, WEEKDAY_NAMES)
_AWS_WEEKDAY = _Field("day of the week", 1, 7, 7, WEEKDAY_NAMES)
_NUMBER = re.compile(r"\d{1,4}", re.ASCII)
_ANY = frozenset({"*", "?", "*/1"})


def parse_cron(text: str, decorator: Decorator) -> tuple[Cron | None, list[Diagnostic]]:
    """What a cron of five (unix) or six fields (AWS EventBridge) means, or what is wrong."""
    text = " ".join(text.split())
    words = _ALIASES.get(text.lower(), text).upper().split()
    if len(words) not in {5, 6} or "(" in text or "=" in text:
        what = f"`{text}` is no cron"
        return None, [problems.unreadable_cron(decorator, what, _advice(text, words))]
    reading = _Fields(decorator, words)
    cron = reading.cron()
    if reading.diagnostics:
        return None, reading.diagnostics
    if not fires_ever(cron):
        return None, [problems.impossible_date(decorator, text, _last_days(words))]
    return cron, [*_ambiguities(decorator, words), *_skipped(decorator, cron)]


def _advice(text: str, words: Sequence[str]) -> str:
    wrapped = re.fullmatch(r"cron\((.*)\)", text, re.IGNORECASE)
    if wrapped:
        return f"write what stands in the parentheses: `{wrapped[1]}`"
    if text.upper().startswith(("TZ=", "CRON_TZ=")):
        return "name the time zone by `timezone=`"
    if len(words) == 7:
        return f"leave the seconds out: `{' '.join(words[1:])}`"
    if text.startswith("@"):
        return f"use one of {', '.join(sorted(_ALIASES))}, or fields such as `0 10 * * *`"
    return "give five fields (minute, hour, day, month, weekday), or six with a year at the end"


def _last_days(words: Sequence[str]) -> str:
    """The same expression for the last day of the months, in the six fields that know it."""
    minute, hour, _, month, *_ = words
    return f"{minute} {hour} L {month} ? *"


def _ambiguities(decorator: Decorator, words: Sequence[str]) -> list[Diagnostic]:
    """A unix cron with days and weekdays of which one covers all, or all by a step."""
    days, weekdays = words[2], words[4]
    if days in _ANY or weekdays in _ANY:
        return []
    odd = [word for word in (days, weekdays) if word.startswith("*/")]
    odd += ["1-31"] * (days == "1-31") + [weekdays] * (weekdays in {"0-6", "0-7", "1-7"})
    return [problems.either_day(decorator, days, weekdays)] if odd else []


def _skipped(decorator: Decorator, cron: Cron) -> list[Diagnostic]:
    """A finding for each month that is named although it has none of the days."""
    if len(cron.months) == 12 or cron.weekdays or not cron.days:
        return []
    return [
        problems.month_without_day(decorator, month)
        for month in cron.months
        if not fires_ever(Cron((0,), (0,), cron.days, (month,), (), cron.years))
    ]


class _UnreadableError(Exception):
    """A piece of a cron that says nothing, and what to write instead."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


@dataclass(slots=True)
class _Fields:
    """The words of one cron, five or six."""

    decorator: Decorator
    words: Sequence[str]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def cron(self) -> Cron:
        """The cron, of use if there are no diagnostics."""
        minute, hour, day, month, weekday, *year = self.words
        minutes = self._read(_numbers, minute, _MINUTE)
        hours = self._read(_numbers, hour, _HOUR)
        days = self._read(_month_days, day, _DAY)
        months = self._read(_numbers, month, _MONTH)
        of_week = _AWS_WEEKDAY if year else _UNIX_WEEKDAY
        weekdays = self._read(_week_days, weekday, of_week)
        years = self._read(_years, year[0], _YEAR) if year else ()
        if year and not self.diagnostics:
            self._check_aws_days(day, weekday)
        days, weekdays = _settled(days, weekdays)
        return Cron(minutes, hours, days, months, weekdays, years)

    def _read(
        self, read: Callable[[str, _Field], tuple[T, ...]], word: str, bounds: _Field
    ) -> tuple[T, ...]:
        try:
            return read(word, bounds)
        except _UnreadableError as error:
            found = problems.unreadable_cron(self.decorator, error.what, error.hint)
            self.diagnostics.append(found)
            return ()

    def _check_aws_days(self, day: str, weekday: str) -> None:
        if (day == "?") == (weekday == "?"):
            words = list(self.words)
            words[2], words[4] = ("?", weekday) if weekday not in _ANY else (day, "?")
            words[2] = "*" if words[2] == words[4] else words[2]
            found = problems.conflicting_days(self.decorator, day, weekday, " ".join(words))
            self.diagnostics.append(found)


def _settled(
    days: tuple[MonthDay, ...], weekdays: tuple[WeekDay, ...]
) -> tuple[tuple[MonthDay, ...], tuple[WeekDay, ...]]:
    """The two without a field that names every day: beside it the other one says nothing."""
    if set(range(1, 32)) <= set(days) or set(range(7)) <= set(weekdays):
        return (), ()
    return days, weekdays


def _numbers(word: str, bounds: _Field) -> tuple[int, ...]:
    return tuple(sorted({number for item in word.split(",") for number in _range(item, bounds)}))


def _years(word: str, bounds: _Field) -> tuple[int, ...]:
    try:
        years = _numbers(word, bounds)
    except _UnreadableError as error:
        hint = "end six fields with a year or `*`; leave seconds at their beginning out"
        raise _UnreadableError(error.what, hint) from error
    return () if len(years) == len(YEARS) else years


def _month_days(word: str, bounds: _Field) -> tuple[MonthDay, ...]:
    if word in _ANY:
        return ()
    named: list[MonthDay] = []
    numbers: set[int] = set()
    for item in word.split(","):
        nearest = re.fullmatch(r"(\w+)W", item, re.ASCII)
        if item == "L":
            named.append(LastDay())
        elif nearest:
            target = None if nearest[1] == "L" else _number(nearest[1], bounds)
            named.append(NearestWeekday(target))
        else:
            numbers.update(_range(item, bounds))
    return (*sorted(numbers), *dict.fromkeys(named))


def _week_days(word: str, bounds: _Field) -> tuple[WeekDay, ...]:
    if word in _ANY:
        return ()
    named: list[WeekDay] = []
    numbers: set[int] = set()
    for item in word.split(","):
        counted = re.fullmatch(r"(\w+)#([1-5])|(\w+)L", item, re.ASCII)
        # croniter, and so Airflow, writes the letter first.
        croniter = bounds is _UNIX_WEEKDAY and re.fullmatch(r"L(\w+)", item, re.ASCII)
        if counted:
            weekday = _number(counted[1] or counted[3], bounds)
            named.append(NthWeekday(_of_week(weekday, bounds), int(counted[2] or 0) or None))
        elif croniter:
            named.append(NthWeekday(_of_week(_number(croniter[1], bounds), bounds)))
        elif item == "L" and bounds is _AWS_WEEKDAY:
            numbers.add(6)
        else:
            numbers.update(_of_week(number, bounds) for number in _range(item, bounds))
    return (*sorted(numbers), *dict.fromkeys(named))


def _of_week(number: int, bounds: _Field) -> int:
    """The day from 0, Sunday, to 6, of a number as its dialect counts."""
    return (number - bounds.low) % 7


def _range(item: str, bounds: _Field) -> range:
    """The numbers of `*`, `5`, `2-4`, and of these with a step behind a slash."""
    body, slash, step = item.partition("/")
    first, dash, second = body.partition("-")
    if body == "*":
        low, high = bounds.low, bounds.open_end
    else:
        low = _number(first, bounds)
        high = _number(second, bounds) if dash else low
    if high < low:
        raise _UnreadableError(
            f"the range `{item}` is empty", f"write `{_wrapped(first, second, bounds)}`"
        )
    if not slash:
        return range(low, high + 1)
    high = high if dash else max(low, bounds.open_end)
    return range(low, high + 1, _step(item, step, bounds))


def _wrapped(first: str, second: str, bounds: _Field) -> str:
    """What a range over the end of its field may have meant."""
    named = first in bounds.names
    last = bounds.names[-1] if named else str(bounds.open_end)
    lowest = bounds.names[0] if named else str(bounds.low)
    ends = ((first, last), (lowest, second))
    return ",".join(low if low == high else f"{low}-{high}" for low, high in ends)


def _step(item: str, step: str, bounds: _Field) -> int:
    longest = bounds.high - bounds.low
    if _NUMBER.fullmatch(step) and 0 < int(step) <= longest:
        return int(step)
    raise _UnreadableError(
        f"`{item}` has no step that fits a {bounds.name}",
        f"write a step from 1 to {longest}; it starts anew with each higher unit",
    )


def _number(word: str, bounds: _Field) -> int:
    if word in bounds.names:
        return bounds.low + bounds.names.index(word)
    if _NUMBER.fullmatch(word) and bounds.low <= int(word) <= bounds.high:
        return int(word)
    names = f", or {bounds.names[0]} to {bounds.names[-1]}" if bounds.names else ""
    short = word[:3] if len(word) > 3 and word[:3] in bounds.names else ""
    raise _UnreadableError(
        f"`{word}` is no {bounds.name}",
        f"write `{short}`" if short else f"write {bounds.low} to {bounds.high}{names}",
    )
