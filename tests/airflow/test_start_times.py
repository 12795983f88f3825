"""When Airflow starts a flow: at the times that its schedule means, and from now on."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.installed import VERSIONS, Airflow, install
from airflow.test_dags import OPTIONS, text_of
from airflow.test_starts import flow_of, source

from flowc.ir.cron import ClockChange, next_times

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLOCKS = Path(__file__).with_name("clocks.py")
COUNT = 8
# The clocks of Berlin change on March 31 and October 27, those of New York on March 10.
DAYS = tuple(datetime(2024, month, day, tzinfo=UTC) for month, day in [(2, 27), (3, 8), (10, 25)])

SCHEDULES = (
    "daily=True",
    "hourly=True",
    "weekly=True",
    "cron='*/20 * * * *', timezone='Europe/Berlin'",
    "cron='30 * * * *', timezone='Europe/Berlin'",
    "cron='30 2 * * *', timezone='Europe/Berlin'",
    "cron='30 2 ? * * *', timezone='America/New_York'",
    "cron='30 6 ? * 2 *', timezone='Asia/Tokyo'",
    "cron='30 6 * * 2', timezone='Asia/Tokyo'",
    "cron='0 9 ? * MON-FRI *'",
    "cron='0 9 * * 7'",
    "cron='0 0,12 1 * *'",
    "cron='15 8 13 * FRI'",
    "cron='0 9 L * ? *'",
    "cron='0 9 1,L * ? *'",
    "cron='0 9 ? * 6#3 *'",
    "cron='0 9 ? * 6L *'",
    "cron='0 0 29 2 *'",
    "cron='0 9 1-31/2 * *'",
    "cron='5 4 * 3-10/3 *'",
)


@pytest.fixture(scope="module", params=VERSIONS)
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return install(request.param, tmp_path_factory.mktemp("airflow"))


def told(airflow: Airflow, files: Sequence[Path]) -> list[Any]:
    starts = ",".join(day.isoformat() for day in DAYS)
    asked = subprocess.run(
        [airflow.python, _CLOCKS, starts, str(COUNT), *files],
        env=airflow.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    found: list[Any] = json.loads(asked.stdout.splitlines()[-1])
    return found


def file_of(arguments: str, number: int, folder: Path) -> Path:
    """The DAG file of a flow with that schedule."""
    flow = folder / "flow.py"
    flow.write_text(source(f"@schedule({arguments})"))
    file = folder / f"dag_{number}.py"
    file.write_text(text_of(flow, OPTIONS).replace("TrainFlow", f"Flow{number}"))
    return file


def test_runs_start_when_their_schedule_says(airflow: Airflow, tmp_path: Path) -> None:
    files = [file_of(each, number, tmp_path) for number, each in enumerate(SCHEDULES)]

    found = [each["times"] for each in told(airflow, files)]

    for arguments, times in zip(SCHEDULES, found, strict=True):
        schedule = flow_of(source(f"@schedule({arguments})"), tmp_path).schedule
        assert schedule
        for day, moments in zip(DAYS, times, strict=True):
            meant = next_times(schedule, day, COUNT, ClockChange.MOVE_AND_ONCE)
            assert [datetime.fromisoformat(each) for each in moments] == [
                each.astimezone(UTC) for each in meant
            ], arguments


def test_airflow_3_does_not_make_up_for_what_was_before_it_knew_the_flow(
    airflow: Airflow, tmp_path: Path
) -> None:
    file = file_of("cron='0 0 1 1 *'", 0, tmp_path)

    (found,) = told(airflow, [file])

    first, now = datetime.fromisoformat(found["first"]), datetime.now(UTC)
    if airflow.version.startswith("2."):
        # It begins with the last time that has passed, as it always has.
        assert now - timedelta(days=367) < first < now
    else:
        assert now - timedelta(minutes=6) < first
