"""When a flow runs by the clock: the one meaning of its cron, the texts of it, the next times.

Days of the week count from 0, Sunday, to 6, Saturday; months from 1. What cannot be said in a
dialect comes back as `Unsupported`, for a target to report at the schedule's place.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import islice, pairwise, product
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo

from flowc.diagnostics import Span

YEARS = range(1970, 2200)
WEEKDAY_NAMES = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_HOURS, _MINUTES, _MONTHS = range(24), range(60), range(1, 13)
_DAYS, _WEEKDAYS = range(1, 32), range(7)

# After these years the calendar repeats itself, but for centuries without a leap day.
_CALENDAR_CYCLE = range(2000, 2028)


@dataclass(frozen=True, slots=True)
class LastDay:
    """The last day of the month."""


@dataclass(frozen=True, slots=True)
class NearestWeekday:
    """The day from Monday to Friday nearest to a day of the same month; to its last if None."""

    day: int | None = None


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A weekday's first, second, … fifth day of the month; the last one if `nth` is None."""

    weekday: int
    nth: int | None = None


MonthDay: TypeAlias = int | LastDay | NearestWeekday
WeekDay: TypeAlias = int | NthWeekday


@dataclass(frozen=True, slots=True)
class Cron:
    """Minutes of hours of dates, each sorted. No days, weekdays or years: any.

    If both days and weekdays are given, a date of either runs, as in a unix crontab.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[MonthDay, ...] = ()
    months: tuple[int, ...] = tuple(_MONTHS)
    weekdays: tuple[WeekDay, ...] = ()
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """`@schedule`: a cron on the clocks of a time zone, by its IANA name."""

    cron: Cron
    span: Span
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Why a dialect cannot say a cron, as the end of a sentence, and what to do instead."""

    reason: str
    hint: str


_YEARS_UNKNOWN = Unsupported("names years", "leave the year out, and delete the schedule in time")
_LAST_DAY_UNKNOWN = Unsupported(
    "names the last day of the month", "name the first day, or another that every month has"
)
_NEAREST_UNKNOWN = Unsupported(
    "names the weekday nearest to a day", "name a day, or weekdays such as `MON-FRI`"
)
_NTH_UNKNOWN = Unsupported(
    "counts the weekdays of a month", "name days of the month, or let every such weekday run"
)
_EITHER_UNKNOWN = Unsupported(
    "runs on days of the month and on weekdays besides", "name days of the month or weekdays"
)
_MIXED_UNKNOWN = Unsupported(
    "names several days, one of them by `L`, `W` or `#`", "name that day alone"
)


def render_unix(cron: Cron) -> str | Unsupported:
    """Five fields, in the subset that robfig/cron (Argo Workflows) and crontab(5) share."""
    days = _plain(cron.days)
    weekdays = _plain(cron.weekdays)
    if cron.years:
        return _YEARS_UNKNOWN
    if isinstance(days, Unsupported):
        return days
    if isinstance(weekdays, Unsupported):
        return weekdays
    return _unix_text(cron, _unix_days(days), _runs(weekdays, _WEEKDAYS))


def render_unix_with_seconds(cron: Cron) -> str | Unsupported:
    """The fields of `render_unix` behind one for seconds, as Kubeflow Pipelines reads them."""
    text = render_unix(cron)
    return text if isinstance(text, Unsupported) else f"0 {text}"


def render_croniter(cron: Cron) -> str | Unsupported:
    """Five fields as croniter (Airflow) reads them, with the last day and counted weekdays."""
    counted = [rule for rule in cron.weekdays if isinstance(rule, NthWeekday)]
    if cron.years:
        return _YEARS_UNKNOWN
    # croniter reads `W` in its newest versions only.
    if any(isinstance(rule, NearestWeekday) for rule in cron.days):
        return _NEAREST_UNKNOWN
    if counted and len(counted) < len(cron.weekdays):
        return _MIXED_UNKNOWN
    # croniter takes the dates of both where one is counted.
    if counted and cron.days:
        return _EITHER_UNKNOWN
    return _unix_text(cron, _croniter_days(cron.days), _croniter_weekdays(cron.weekdays))


def render_aws(cron: Cron) -> str | Unsupported:
    """Six fields as EventBridge reads them between the parentheses of `cron(…)`."""
    special = [rule for rule in (*cron.days, *cron.weekdays) if not isinstance(rule, int)]
    if cron.days and cron.weekdays:
        return _EITHER_UNKNOWN
    if special and len(cron.days) + len(cron.weekdays) > 1:
        return _MIXED_UNKNOWN
    return " ".join(
        (
            _aws_field(cron.minutes, _MINUTES),
            _aws_field(cron.hours, _HOURS),
            "?" if cron.weekdays else _aws_days(cron.days),
            _runs(cron.months, _MONTHS),
            _aws_weekdays(cron.weekdays) if cron.weekdays else "?",
            _runs(cron.years, YEARS),
        )
    )


def _plain(rules: Sequence[MonthDay | WeekDay]) -> list[int] | Unsupported:
    """The days if all are plain numbers, or what the first other one needs."""
    numbers: list[int] = []
    for rule in rules:
        match rule:
            case int():
                numbers.append(rule)
            case LastDay():
                return _LAST_DAY_UNKNOWN
            case NearestWeekday():
                return _NEAREST_UNKNOWN
            case NthWeekday():
                return _NTH_UNKNOWN
            case _:
                assert_never(rule)
    return numbers


def _unix_text(cron: Cron, days: str, weekdays: str) -> str:
    minutes, hours = _unix_field(cron.minutes, _MINUTES), _unix_field(cron.hours, _HOURS)
    return f"{minutes} {hours} {days} {_runs(cron.months, _MONTHS)} {weekdays}"


def _unix_field(values: Sequence[int], bounds: range) -> str:
    step = _step(values, bounds)
    if step and values[0] == bounds[0]:
        return f"*/{step}"
    return f"{values[0]}-{values[-1]}/{step}" if step else _runs(values, bounds)


def _unix_days(days: Sequence[int]) -> str:
    """Days without `*/2`, of which engines do not agree whether it is a restriction."""
    step = _step(days, _DAYS)
    return f"{days[0]}-{days[-1]}/{step}" if step else _runs(days, _DAYS)


def _croniter_days(days: Sequence[MonthDay]) -> str:
    numbers = [day for day in days if isinstance(day, int)]
    named = ["L"] if LastDay() in days else []
    return ",".join([_unix_days(numbers), *named] if numbers else named) or "*"


def _croniter_weekdays(weekdays: Sequence[WeekDay]) -> str:
    counted = [rule for rule in weekdays if isinstance(rule, NthWeekday)]
    words = [f"{rule.weekday}#{rule.nth}" if rule.nth else f"L{rule.weekday}" for rule in counted]
    numbers = [day for day in weekdays if isinstance(day, int)]
    return ",".join(words) or _runs(numbers, _WEEKDAYS)


def _aws_field(values: Sequence[int], bounds: range) -> str:
    step = _step(values, bounds)
    return f"{values[0]}/{step}" if step else _runs(values, bounds)


def _aws_days(days: Sequence[MonthDay]) -> str:
    match days:
        case [LastDay()]:
            return "L"
        case [NearestWeekday(day)]:
            return f"{day or 'L'}W"
        case _:
            return _aws_field([day for day in days if isinstance(day, int)], _DAYS)


def _aws_weekdays(weekdays: Sequence[WeekDay]) -> str:
    match weekdays:
        case [NthWeekday(weekday, nth)]:
            return f"{weekday + 1}#{nth}" if nth else f"{weekday + 1}L"
        case _:
            # AWS counts from 1 where unix counts from 0: names leave no doubt.
            numbers = [day for day in weekdays if isinstance(day, int)]
            return _runs(numbers, _WEEKDAYS, WEEKDAY_NAMES)


def _step(values: Sequence[int], bounds: range) -> int:
    """The distance, two or more, at which the values go on to the end of the bounds; or 0."""
    distances = {after - before for before, after in pairwise(values)}
    step = distances.pop() if len(distances) == 1 and len(values) > 2 else 0
    return step if step > 1 and values[-1] + step > bounds[-1] else 0


def _runs(values: Sequence[int], bounds: range, names: Sequence[str] = ()) -> str:
    """The values as numbers and ranges, `*` for all of them and for none."""
    if len(values) in {0, len(bounds)}:
        return "*"
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(_run(run, names) for run in runs)


def _run(run: Sequence[int], names: Sequence[str]) -> str:
    words = [names[value] if names else str(value) for value in run]
    return f"{words[0]}-{words[-1]}" if len(words) > 2 else ",".join(words)


class ClockChange(StrEnum):
    """What an engine does in the hours that a change of the clocks leaves out or repeats.

    `SKIP_AND_REPEAT`: nothing in the first, twice in the second (Argo Workflows, Kubeflow).
    `SKIP_AND_ONCE`: nothing in the first, the first time in the second (EventBridge Scheduler).
    `MOVE_AND_ONCE`: as much later as the clocks were set forward, and the second time of the
    repeated hour; a schedule of every hour runs in both (Airflow).
    """

    SKIP_AND_REPEAT = "skip and repeat"
    SKIP_AND_ONCE = "skip and once"
    MOVE_AND_ONCE = "move and once"


def next_times(
    schedule: Schedule,
    after: datetime,
    count: int,
    change: ClockChange = ClockChange.SKIP_AND_REPEAT,
) -> tuple[datetime, ...]:
    """The next times after an aware one, in the schedule's zone; fewer if 2199 ends before.

    The zone must be known to this machine.
    """
    return tuple(islice(_times(schedule, after, change), count))


def fires_ever(cron: Cron) -> bool:
    """Whether there is any date on which it runs."""
    return any(True for _ in _dates(cron, cron.years or _CALENDAR_CYCLE))


def _times(schedule: Schedule, after: datetime, change: ClockChange) -> Iterator[datetime]:
    cron = schedule.cron
    zone = UTC if schedule.zone == "UTC" else ZoneInfo(schedule.zone)
    if change is ClockChange.MOVE_AND_ONCE and len(cron.hours) == len(_HOURS):
        change = ClockChange.SKIP_AND_REPEAT
    # A time that a change of the clocks moves may come from the day before.
    first = after.astimezone(zone).date() - timedelta(days=1)
    last = after.astimezone(UTC)
    for day in _dates(cron, cron.years or YEARS, first):
        walls = [
            datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
            for hour, minute in product(cron.hours, cron.minutes)
        ]
        for moment in sorted(each for wall in walls for each in _moments(wall, change)):
            if moment > last:
                last = moment
                yield moment.astimezone(zone)


def _moments(wall: datetime, change: ClockChange) -> tuple[datetime, ...]:
    """The times at which clocks show what they are to show: none, one or two."""
    earlier, later = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    moves = change is ClockChange.MOVE_AND_ONCE
    if earlier == later:
        return (earlier,)
    if later < earlier:
        return (earlier,) if moves else ()
    if change is ClockChange.SKIP_AND_REPEAT:
        return (earlier, later)
    return (later,) if moves else (earlier,)


def _dates(cron: Cron, years: Sequence[int], first: date = date.min) -> Iterator[date]:
    """The dates that the cron names in these years, from the first on, in order."""
    for year, month in product(years, cron.months):
        if (year, month) >= (first.year, first.month):
            days = (date(year, month, day) for day in range(1, _length(year, month) + 1))
            yield from (day for day in days if day >= first and _falls_on(cron, day))


def _falls_on(cron: Cron, day: date) -> bool:
    in_month = any(_is_month_day(rule, day) for rule in cron.days)
    in_week = any(_is_week_day(rule, day) for rule in cron.weekdays)
    return in_month or in_week or not (cron.days or cron.weekdays)


def _is_month_day(rule: MonthDay, day: date) -> bool:
    match rule:
        case int():
            return day.day == rule
        case LastDay():
            return day.day == _length(day.year, day.month)
        case NearestWeekday(target):
            return day.day == _nearest(day.year, day.month, target)
        case _:
            assert_never(rule)


def _nearest(year: int, month: int, target: int | None) -> int:
    """The day from Monday to Friday nearest to the target, in the same month; or 0."""
    last = _length(year, month)
    wanted = target or last
    if wanted > last:
        return 0
    match date(year, month, wanted).isoweekday():
        case 6:
            return wanted - 1 if wanted > 1 else wanted + 2
        case 7:
            return wanted + 1 if wanted < last else wanted - 2
        case _:
            return wanted


def _is_week_day(rule: WeekDay, day: date) -> bool:
    match rule:
        case int():
            return _weekday(day) == rule
        case NthWeekday(weekday, None):
            return _weekday(day) == weekday and day.day + 7 > _length(day.year, day.month)
        case NthWeekday(weekday, nth):
            return _weekday(day) == weekday and (day.day + 6) // 7 == nth
        case _:
            assert_never(rule)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]
