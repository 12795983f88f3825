"""The meaning, texts and times of crons, beside cronsim and croniter, which know unix cron."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from cronsim import CronSim, CronSimError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowc.diagnostics import Span
from flowc.ir.cron import (
    ClockChange,
    Cron,
    LastDay,
    NearestWeekday,
    NthWeekday,
    Schedule,
    Unsupported,
    next_times,
    render_aws,
    render_croniter,
    render_unix,
    render_unix_with_seconds,
)
from flowc.ir.flow import Decorator
from flowc.passes.parse_cron import parse_cron

HERE = Span("flow.py")
START = datetime(2024, 1, 31, 12, 30, tzinfo=UTC)
EXAMPLES = settings(
    max_examples=200,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def cron_of(text: str) -> Cron:
    cron, found = parse_cron(text, Decorator("schedule", {}, HERE))
    assert cron, found
    return cron


def times(
    text: str,
    after: datetime = START,
    count: int = 4,
    *,
    zone: str = "UTC",
    change: ClockChange = ClockChange.SKIP_AND_REPEAT,
) -> tuple[datetime, ...]:
    return next_times(Schedule(cron_of(text), HERE, zone), after, count, change)


def by_cronsim(text: str, count: int = 4) -> tuple[datetime, ...]:
    return tuple(islice(CronSim(text, START), count))


def by_croniter(text: str, count: int = 4) -> tuple[datetime, ...]:
    oracle = croniter(text, START)
    return tuple(oracle.get_next(datetime) for _ in range(count))


def item(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    # The oracles take `0-0` for all, each in other fields.
    pair = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    step = st.integers(1, (high - low) // 2)
    return st.one_of(
        number.map(str),
        pair.map(lambda ends: f"{ends[0]}-{ends[1]}"),
        st.tuples(pair, step).map(lambda drawn: f"{drawn[0][0]}-{drawn[0][1]}/{drawn[1]}"),
    )


def items(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(item(low, high), min_size=1, max_size=3).map(",".join)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    step = st.integers(1, (high - low) // 2).map(lambda drawn: f"*/{drawn}")
    return st.one_of(st.just("*"), step, items(low, high))


def names_some_days(field_of_days: str) -> bool:
    cron, _ = parse_cron(f"0 0 {field_of_days}", Decorator("schedule", {}, HERE))
    return cron is None or bool(cron.days or cron.weekdays)


@st.composite
def unix(draw: st.DrawFn) -> str:
    """A unix cron, without what the oracles read differently: a field for all days, or a step."""
    days = items(1, 31).filter(lambda each: names_some_days(f"{each} * *"))
    weekdays = items(0, 6).filter(lambda each: names_some_days(f"* * {each}"))
    day, weekday = draw(st.just("*") | days), draw(st.just("*") | weekdays)
    return f"{draw(field(0, 59))} {draw(field(0, 23))} {day} {draw(field(1, 12))} {weekday}"


@EXAMPLES
@given(unix())
def test_times_are_those_of_cronsim_and_croniter(text: str) -> None:
    cron, _ = parse_cron(text, Decorator("schedule", {}, HERE))
    if cron is None:
        with pytest.raises(CronSimError):
            CronSim(text, START)
        return

    found = next_times(Schedule(cron, HERE), START, 4)

    assert found == by_cronsim(text)
    assert found == by_croniter(text)


@EXAMPLES
@given(unix())
def test_texts_say_what_was_read(text: str) -> None:
    cron, _ = parse_cron(text, Decorator("schedule", {}, HERE))
    if cron is None:
        return
    found = next_times(Schedule(cron, HERE), START, 4)

    rendered, for_croniter, for_aws = render_unix(cron), render_croniter(cron), render_aws(cron)

    assert isinstance(rendered, str)
    assert isinstance(for_croniter, str)
    assert by_cronsim(rendered) == found
    assert by_croniter(for_croniter) == found
    assert cron_of(rendered) == cron
    assert render_unix_with_seconds(cron) == f"0 {rendered}"
    if cron.days and cron.weekdays:
        assert isinstance(for_aws, Unsupported)
    else:
        assert isinstance(for_aws, str)
        assert cron_of(for_aws) == cron


@pytest.mark.parametrize("text", ["0 9 L * *", "0 9 LW * *", "0 9 * * 5L", "0 9 * * 2#5"])
def test_days_named_by_the_month_are_those_of_cronsim(text: str) -> None:
    assert times(text, count=30) == by_cronsim(text, 30)


@pytest.mark.parametrize(
    "text", ["0 9 L * *", "0 9 15,L * *", "0 9 * * L5", "0 9 * * 1#2,3#4", "0 9 L * 1-3"]
)
def test_croniter_reads_named_days_as_they_were_meant(text: str) -> None:
    rendered = render_croniter(cron_of(text))

    assert isinstance(rendered, str)
    assert by_croniter(rendered, 30) == times(text, count=30)


@pytest.mark.parametrize("day", range(1, 32))
def test_the_nearest_weekday_is_in_the_same_month(day: int) -> None:
    before = datetime(2022, 12, 31, tzinfo=UTC)
    found = {moment.date() for moment in times(f"0 0 {day}W * ? 2023-2026", before, 99)}

    for year, month in ((year, month) for year in range(2023, 2027) for month in range(1, 13)):
        length = calendar.monthrange(year, month)[1]
        workdays = [each for each in range(1, length + 1) if date(year, month, each).weekday() < 5]
        near = {date(year, month, min(workdays, key=lambda each: abs(each - day)))}
        here = {each for each in found if (each.year, each.month) == (year, month)}
        assert here == (near if day <= length else set())


@pytest.mark.parametrize(
    ("text", "unix_text", "aws_text"),
    [
        ("*/15 9-17 ? * MON-FRI *", "*/15 9-17 * * 1-5", "0/15 9-17 ? * MON-FRI *"),
        ("0 10 * * ? *", "0 10 * * *", "0 10 * * ? *"),
        ("0 0 ? * SUN *", "0 0 * * 0", "0 0 ? * SUN *"),
        ("0 0 ? * 1 *", "0 0 * * 0", "0 0 ? * SUN *"),
        ("0 0 * * 1", "0 0 * * 1", "0 0 ? * MON *"),
        ("0 0 * * 7", "0 0 * * 0", "0 0 ? * SUN *"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6", "0 0 ? * SUN,FRI,SAT *"),
        ("5/20 * 1-31/2 JAN-MAR ? *", "5-45/20 * 1-31/2 1-3 *", "5/20 * 1/2 1-3 ? *"),
        ("0,30 0 1,15 6,12 *", "0,30 0 1,15 6,12 *", "0,30 0 1,15 6,12 ? *"),
        ("@monthly", "0 0 1 * *", "0 0 1 * ? *"),
        ("0 0 ? * L *", "0 0 * * 6", "0 0 ? * SAT *"),
    ],
)
def test_dialects(text: str, unix_text: str, aws_text: str) -> None:
    cron = cron_of(text)

    assert render_unix(cron) == render_croniter(cron) == unix_text
    assert render_unix_with_seconds(cron) == f"0 {unix_text}"
    assert render_aws(cron) == aws_text


@pytest.mark.parametrize(
    ("text", "cron"),
    [
        ("0 0 L * ? *", Cron((0,), (0,), days=(LastDay(),))),
        ("0 0 LW * ? *", Cron((0,), (0,), days=(NearestWeekday(),))),
        ("0 0 15W * ? *", Cron((0,), (0,), days=(NearestWeekday(15),))),
        ("0 0 ? * 3#2 *", Cron((0,), (0,), weekdays=(NthWeekday(2, 2),))),
        ("0 0 ? * FRIL *", Cron((0,), (0,), weekdays=(NthWeekday(5),))),
        ("0 0 1 1 ? 2030,2031", Cron((0,), (0,), (1,), (1,), years=(2030, 2031))),
    ],
)
def test_what_only_aws_can_say(text: str, cron: Cron) -> None:
    assert cron_of(text) == cron
    assert isinstance(render_unix(cron), Unsupported)
    assert isinstance(render_unix_with_seconds(cron), Unsupported)
    rendered = render_aws(cron)
    assert isinstance(rendered, str)
    assert cron_of(rendered) == cron


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0 0 1 * 1", "runs on days of the month and on weekdays besides"),
        ("0 0 1,L * *", "names several days, one of them by `L`, `W` or `#`"),
        ("0 0 * * 1#1,1#3", "names several days, one of them by `L`, `W` or `#`"),
    ],
)
def test_what_aws_cannot_say(text: str, reason: str) -> None:
    rendered = render_aws(cron_of(text))

    assert isinstance(rendered, Unsupported)
    assert rendered.reason == reason


@pytest.mark.parametrize("text", ["0 0 15W * *", "0 0 * * 1,5#2", "0 0 1 * 5#2", "0 0 1 1 ? 2030"])
def test_what_croniter_cannot_say(text: str) -> None:
    assert isinstance(render_croniter(cron_of(text)), Unsupported)


# The clocks of New York go forward at 02:00 on 10 March 2024, and back at 02:00 on 3 November.
SPRING = datetime(2024, 3, 9, 12, tzinfo=UTC)
AUTUMN = datetime(2024, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "after", "change", "expected"),
    [
        ("30 2 * * *", SPRING, ClockChange.SKIP_AND_REPEAT, ["11 02:30", "12 02:30"]),
        ("30 2 * * *", SPRING, ClockChange.SKIP_AND_ONCE, ["11 02:30", "12 02:30"]),
        ("30 2 * * *", SPRING, ClockChange.MOVE_AND_ONCE, ["10 03:30", "11 02:30"]),
        ("30 2,3 * * *", SPRING, ClockChange.MOVE_AND_ONCE, ["10 03:30", "11 02:30"]),
        ("30 1 * * *", AUTUMN, ClockChange.SKIP_AND_REPEAT, ["03 01:30", "03 01:30 again"]),
        ("30 1 * * *", AUTUMN, ClockChange.SKIP_AND_ONCE, ["03 01:30", "04 01:30"]),
        ("30 1 * * *", AUTUMN, ClockChange.MOVE_AND_ONCE, ["03 01:30 again", "04 01:30"]),
    ],
)
def test_changes_of_the_clocks(
    text: str, after: datetime, change: ClockChange, expected: list[str]
) -> None:
    found = times(text, after, 2, zone="America/New_York", change=change)

    assert [f"{each:%d %H:%M}{' again' * each.fold}" for each in found] == expected


@pytest.mark.parametrize("change", [ClockChange.SKIP_AND_REPEAT, ClockChange.MOVE_AND_ONCE])
@pytest.mark.parametrize("after", [SPRING, AUTUMN])
def test_every_hour_is_every_hour_when_clocks_change(after: datetime, change: ClockChange) -> None:
    found = times("0 * * * *", after, 48, zone="America/New_York", change=change)

    assert [each.astimezone(UTC) for each in found] == [
        after + timedelta(hours=hours) for hours in range(1, 49)
    ]


@EXAMPLES
@given(unix(), st.sampled_from([SPRING, AUTUMN]))
def test_moved_times_are_those_of_airflow(text: str, after: datetime) -> None:
    """Airflow asks croniter for wall-clock times and gives each the offset after a change."""
    cron, _ = parse_cron(text, Decorator("schedule", {}, HERE))
    if cron is None or len(cron.hours) == 24:
        return
    zone = ZoneInfo("America/New_York")
    oracle = croniter(render_croniter(cron), after.astimezone(zone).replace(tzinfo=None))
    walls = [oracle.get_next(datetime) for _ in range(40)]

    found = next_times(Schedule(cron, HERE, str(zone)), after, 20, ClockChange.MOVE_AND_ONCE)

    moved = sorted({by_airflow(wall, zone) for wall in walls})
    assert [each.astimezone(UTC) for each in found] == moved[:20]


def by_airflow(wall: datetime, zone: ZoneInfo) -> datetime:
    before, after = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    missing = before.astimezone(UTC) > after.astimezone(UTC)
    return (before if missing else after).astimezone(UTC)


def test_times_come_after_the_given_one_in_the_zone_of_the_schedule() -> None:
    noon = datetime(2024, 5, 1, 10, tzinfo=UTC)

    found = times("0 12 * * *", noon, 1, zone="Europe/Berlin")

    assert found == (datetime(2024, 5, 2, 12, tzinfo=ZoneInfo("Europe/Berlin")),)
    assert found[0].tzinfo == ZoneInfo("Europe/Berlin")


def test_times_end_with_the_years() -> None:
    assert len(times("0 0 1 1 ? 2030-2031", count=5)) == 2


def test_leap_days_are_found_beyond_a_century_without_one() -> None:
    found = times("0 0 29 2 *", datetime(2095, 1, 1, tzinfo=UTC), 2)

    assert [each.year for each in found] == [2096, 2104]
