"""What `@schedule` means, as Metaflow chooses among its arguments, and what is wrong with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flowc.diagnostics import Diagnostic, Severity
from flowc.ir.cron import Cron, Schedule, next_times, render_unix
from flowc.passes import read_schedule as module
from flowc.passes.read_schedule import read_schedule
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

TAIL = "    @step\n    def start(self):\n        pass\n"


def read(decorator: str, *body: str) -> tuple[Schedule | None, list[Diagnostic]]:
    lines = "".join(f"    {line}\n" for line in body)
    head = f"from metaflow import *\n\n{decorator}\nclass TestFlow(FlowSpec):\n"
    flow, _ = parse_flow(Source("flow.py", head + lines + TAIL))
    assert flow is not None
    return read_schedule(flow)


def said(decorator: str) -> list[tuple[str, str, str]]:
    _, found = read(decorator)
    return [(each.code, each.message, each.finding.hint) for each in found]


CHOSEN = {
    "@schedule": "0 0 * * *",
    "@schedule()": "0 0 * * *",
    "@schedule(daily=True)": "0 0 * * *",
    "@schedule(hourly=True)": "0 * * * *",
    "@schedule(weekly=True)": "0 0 * * 0",
    "@schedule(hourly=False)": "0 0 * * *",
    "@schedule(hourly=1)": "0 * * * *",
    "@schedule(cron='5 4 * * ? *')": "5 4 * * *",
    "@schedule(cron='5 4 * * *', daily=False)": "5 4 * * *",
    "@schedule(cron='')": "0 0 * * *",
    "@schedule(cron=None, weekly=True)": "0 0 * * 0",
    "@schedule(cron='@hourly')": "0 * * * *",
    "@schedule(cron=' @Weekly ')": "0 0 * * 0",
    "@schedule(cron='0 0 * * ?')": "0 0 * * *",
}


@pytest.mark.parametrize("decorator", CHOSEN)
def test_one_argument_counts(decorator: str) -> None:
    schedule, found = read(decorator)

    assert schedule is not None
    assert render_unix(schedule.cron) == CHOSEN[decorator]
    assert schedule.zone == "UTC"
    assert schedule.span.line == 3
    assert found == []


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ("hourly=True, weekly=True", "weekly"),
        ("daily=True, hourly=True", "hourly"),
        ("daily=True, weekly=True, cron='5 4 * * *'", "cron"),
    ],
)
def test_metaflows_precedence_is_told(arguments: str, kept: str) -> None:
    alone, _ = read(f"@schedule({kept}={'True' if kept != 'cron' else repr('5 4 * * *')})")
    schedule, found = read(f"@schedule({arguments})")

    assert schedule is not None
    assert alone is not None
    assert schedule.cron == alone.cron
    assert [each.code for each in found] == ["FC327"]
    assert f"only `{kept}` counts" in found[0].message


@pytest.mark.parametrize("decorator", ["", "@project(name='x')", "@schedule(daily=False)"])
def test_no_schedule(decorator: str) -> None:
    assert read(decorator) == (None, [])


def test_days_of_the_week_count_by_the_number_of_fields() -> None:
    five, _ = read("@schedule(cron='0 0 * * 1')")
    six, _ = read("@schedule(cron='0 0 ? * 1 *')")

    assert five is not None
    assert six is not None
    assert five.cron.weekdays == (1,)
    assert six.cron.weekdays == (0,)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("banana", "`banana` is no cron", "give five fields"),
        ("0 0 * *", "`0 0 * *` is no cron", "give five fields"),
        ("0 0 10 * * ? *", "`0 0 10 * * ? *` is no cron", "leave the seconds out: `0 10 * * ? *`"),
        ("cron(0 10 * * ? *)", "`cron(0 10 * * ? *)` is no cron", "write what stands"),
        ("rate(5 minutes)", "`rate(5 minutes)` is no cron", "give five fields"),
        ("TZ=Asia/Tokyo 0 10 * * *", "is no cron", "name the time zone by `timezone=`"),
        ("CRON_TZ=Asia/Tokyo 0 10 * * ? *", "is no cron", "name the time zone by `timezone=`"),
        ("@every 5m", "`@every 5m` is no cron", "use one of @annually, @daily"),
        ("@reboot", "`@reboot` is no cron", "use one of @annually, @daily"),
        ("60 * * * *", "`60` is no minute", "write 0 to 59"),
        ("-1 * * * *", "`` is no minute", "write 0 to 59"),
        ("0 24 * * *", "`24` is no hour", "write 0 to 23"),
        ("0 0 0 * *", "`0` is no day of the month", "write 1 to 31"),
        ("0 0 1 13 *", "`13` is no month", "write 1 to 12, or JAN to DEC"),
        ("0 0 1 march *", "`MARCH` is no month", "write `MAR`"),
        ("0 0 * * 8", "`8` is no day of the week", "write 0 to 7, or SUN to SAT"),
        ("0 0 ? * 0 *", "`0` is no day of the week", "write 1 to 7, or SUN to SAT"),
        ("0 0 * * L", "`L` is no day of the week", "write 0 to 7, or SUN to SAT"),
        ("0 0 ? * 2#6 *", "`2#6` is no day of the week", "write 1 to 7, or SUN to SAT"),
        ("0 0 32W * ? *", "`32` is no day of the month", "write 1 to 31"),
        ("0 0 1 1 ? 2200", "`2200` is no year", "end six fields with a year or `*`"),
        ("0 0 10 * * ?", "`?` is no year", "leave seconds at their beginning out"),
        ("*/0 * * * *", "`*/0` has no step that fits a minute", "write a step from 1 to 59"),
        ("*/90 * * * *", "`*/90` has no step that fits a minute", "write a step from 1 to 59"),
        ("*/x * * * *", "`*/X` has no step that fits a minute", "write a step from 1 to 59"),
        ("0 22-2 * * *", "the range `22-2` is empty", "write `22-23,0-2`"),
        ("0 0 * * SAT-SUN", "the range `SAT-SUN` is empty", "write `SAT,SUN`"),
        ("0 0 * * 5-1", "the range `5-1` is empty", "write `5-6,0-1`"),
        ("0 0\n* *", "`0 0 * *` is no cron", "give five fields"),
        ("0 0 ? * FRI-MON *", "the range `FRI-MON` is empty", "write `FRI-SAT,SUN-MON`"),
        ("0 0 ٣ * *", "`٣` is no day of the month", "write 1 to 31"),
        ("0 0 1,,2 * *", "`` is no day of the month", "write 1 to 31"),
        (f"{'9' * 5000} * * * *", "9` is no minute", "write 0 to 59"),
    ],
)
def test_unreadable_crons(text: str, message: str, hint: str) -> None:
    schedule, found = read(f"@schedule(cron={text!r})")

    assert schedule is None
    assert [each.code for each in found] == ["FC320"]
    assert message in found[0].message
    assert hint in found[0].finding.hint


def test_each_unreadable_field_is_told() -> None:
    assert [message for _, message, _ in said("@schedule(cron='60 24 * * *')")] == [
        "`60` is no minute",
        "`24` is no hour",
    ]


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("0 10 * * * *", "0 10 * * ? *"),
        ("0 10 ? * ? *", "0 10 * * ? *"),
        ("0 10 * * MON-FRI *", "0 10 ? * MON-FRI *"),
        ("0 10 1 * * *", "0 10 1 * ? *"),
        ("0 10 1 * MON *", "0 10 ? * MON *"),
    ],
)
def test_six_fields_need_one_question_mark(text: str, instead: str) -> None:
    found = said(f"@schedule(cron='{text}')")

    assert [(code, hint) for code, _, hint in found] == [("FC321", f"write `{instead}`")]
    assert said(f"@schedule(cron='{instead}')") == []


@pytest.mark.parametrize(
    "text",
    [
        "0 0 30 2 *",
        "0 0 31 2 *",
        "0 0 31 4,6,9,11 *",
        "0 0 29 2 ? 2027",
        "0 0 31W 2 ? *",
        "0 0 ? 2 2#5 2026",
    ],
)
def test_dates_that_never_come(text: str) -> None:
    schedule, found = read(f"@schedule(cron='{text}')")

    assert schedule is None
    assert [each.code for each in found] == ["FC322"]


@pytest.mark.parametrize("text", ["0 0 29 2 *", "0 0 31 * *", "0 0 31 2 1", "0 0 30,28 2 *"])
def test_dates_that_come_now_and_then(text: str) -> None:
    schedule, found = read(f"@schedule(cron='{text}')")

    assert schedule is not None
    assert found == []


def test_a_month_without_the_day_is_told() -> None:
    schedule, found = read("@schedule(cron='0 0 31 1,2,4 *')")

    assert schedule is not None
    assert [(each.code, each.severity) for each in found] == [("FC323", Severity.WARNING)] * 2
    assert "month 2" in found[0].message
    assert "month 4" in found[1].message


@pytest.mark.parametrize("text", ["0 0 */2 * 1", "0 0 1 * */2", "0 0 1-31 * 1", "0 0 1 * 0-6"])
def test_a_day_that_engines_read_in_two_ways_is_told(text: str) -> None:
    assert [code for code, *_ in said(f"@schedule(cron='{text}')")] == ["FC324"]


def test_either_day_is_no_fault() -> None:
    schedule, found = read("@schedule(cron='0 0 1 * 1')")

    assert schedule is not None
    assert schedule.cron == Cron((0,), (0,), (1,), tuple(range(1, 13)), (1,))
    assert found == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])
def test_zones(zone: str) -> None:
    schedule, found = read(f"@schedule(daily=True, timezone={zone!r})")

    assert schedule is not None
    assert schedule.zone == zone
    assert found == []


@pytest.mark.parametrize("zone", ["None", "''"])
def test_no_zone_is_utc(zone: str) -> None:
    schedule, _ = read(f"@schedule(timezone={zone})")

    assert schedule is not None
    assert schedule.zone == "UTC"


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Berlin", "write `Europe/Berlin`"),
        ("europe/berlin", "write `Europe/Berlin`"),
        ("America/New York", "write `America/New_York`"),
        ("Europe/Berlni", "write `Europe/Berlin`"),
        ("localtime", "IANA database"),
        ("/etc/passwd", "IANA database"),
        ("../../etc", "IANA database"),
        ("?", "IANA database"),
    ],
)
def test_unknown_zones(zone: str, hint: str) -> None:
    schedule, found = read(f"@schedule(timezone={zone!r})")

    assert schedule is None
    assert [each.code for each in found] == ["FC325"]
    assert hint in found[0].finding.hint


def test_a_wrong_zone_does_not_hide_a_wrong_cron() -> None:
    found = said("@schedule(cron='0 25 * * *', timezone='Berlin')")

    assert {code for code, *_ in found} == {"FC320", "FC325"}


def test_without_a_database_a_zone_is_taken_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "available_timezones", set)

    schedule, found = read("@schedule(timezone='Mars/Olympus')")

    assert schedule is not None
    assert schedule.zone == "Mars/Olympus"
    assert [(each.code, each.severity) for each in found] == [("FC326", Severity.WARNING)]
    assert read("@schedule(timezone='UTC')")[1] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("cron=5", "FC301"),
        ("hourly='yes'", "FC301"),
        ("timezone=2", "FC301"),
        ("minutely=True", "FC302"),
        ("cron=WHEN()", "FC401"),
        ("hourly=WHEN()", "FC401"),
        ("timezone=WHEN()", "FC401"),
    ],
)
def test_arguments_of_no_use(arguments: str, code: str) -> None:
    assert [each for each, *_ in said(f"@schedule({arguments})")] == [code]


def test_a_required_parameter_has_no_value_when_the_clock_starts_the_flow() -> None:
    required = "alpha = Parameter('alpha', required=True)"

    _, found = read("@schedule", required, "beta = Parameter('beta', default=1)")

    assert [(each.code, each.span.line) for each in found] == [("FC328", 5)]
    assert read("@schedule(daily=False)", required) == (None, [])


def test_what_is_read_has_times() -> None:
    schedule, _ = read("@schedule(cron='0 10 ? * 2-6 *', timezone='Europe/Berlin')")
    assert schedule is not None
    now = datetime(2024, 6, 7, 12, tzinfo=UTC)

    (monday,) = next_times(schedule, now, 1)

    assert monday.isoformat() == "2024-06-10T10:00:00+02:00"
