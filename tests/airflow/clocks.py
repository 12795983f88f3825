"""When Airflow starts the DAG of a file, told under its own Python.

`python clocks.py 2024-03-01T00:00:00+00:00,2024-06-01T00:00:00+00:00 3 FILE…` prints for each file
`{"times": [[…], […]], "first": T}`: the three times that follow each of those, and the time of the
first run if Airflow came to know the DAG just now.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from airflow.timetables.base import DataInterval, TimeRestriction


def told(file: str, starts: list[datetime], count: int) -> dict[str, Any]:
    dag = _stored(file)
    restriction = TimeRestriction(dag.start_date, None, False)
    first = dag.timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=restriction
    )
    times = [list(_following(dag.timetable, start, count)) for start in starts]
    return {"times": times, "first": first.run_after.isoformat()}


def _following(timetable: Any, after: datetime, count: int) -> Iterator[str]:
    for _ in range(count):
        after = _next(timetable, after)
        yield after.isoformat()


def _next(timetable: Any, after: datetime) -> datetime:
    """The time after another one, of which a run of no length has been."""
    asked = timetable.next_dagrun_info(
        last_automated_data_interval=DataInterval.exact(after),
        # What has passed by now must not be left out.
        restriction=TimeRestriction(None, None, True),
    )
    assert asked.run_after == asked.logical_date == asked.data_interval.start
    run_after: datetime = asked.run_after
    return run_after


def _stored(file: str) -> Any:
    """The DAG as Airflow's scheduler has it, from the database."""
    try:
        from airflow.dag_processing.dagbag import DagBag
        from airflow.serialization.serialized_objects import DagSerialization as Stored
    except ImportError:  # Airflow 2
        from airflow.models import DagBag
        from airflow.serialization.serialized_objects import SerializedDAG as Stored

    bag = DagBag(file)
    assert not bag.import_errors, bag.import_errors
    (dag,) = bag.dags.values()
    return Stored.from_dict(Stored.to_dict(dag))


if __name__ == "__main__":
    import pendulum

    starts, number, *files = sys.argv[1:]
    moments = [pendulum.parse(start) for start in starts.split(",")]
    answers = [told(file, moments, int(number)) for file in files]
    sys.stdout.write(json.dumps(answers))
