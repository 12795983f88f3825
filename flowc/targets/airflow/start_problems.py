"""What Airflow makes of what starts a flow and of what surrounds it: the problems."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.wording import enumerated


@problem("FC677")
def schedule_airflow_cannot_have(span: Span, reason: str, hint: str) -> Finding:
    """The schedule says what no timetable of Airflow can.

    ## Why is this bad?
    Airflow reads crons with croniter, which knows no years and no weekday nearest to a day. The
    flow would run at other times than was meant.

    ## Example
        @schedule(cron="0 9 15W * ? *")

    ## Use instead
        @schedule(cron="0 9 15 * ? *")
    """
    return Finding(span, f"Airflow cannot express this schedule: it {reason}", hint)


@problem("FC678")
def nobody_gives(span: Span, parameters: Sequence[str]) -> Finding:
    """A flow that starts by itself has parameters that somebody must give.

    ## Why is this bad?
    Nobody is there when a schedule or an event starts a run, and Airflow refuses such a DAG. An
    event may give a parameter its value.

    ## Example
        @trigger(event="new.prices")
        class TrainFlow(FlowSpec):
            day = Parameter("day", required=True)

    ## Use instead
        @trigger(event={"name": "new.prices", "parameters": {"day": "date"}})
        class TrainFlow(FlowSpec):
            day = Parameter("day", required=True)
    """
    return Finding(
        span,
        f"nobody gives {enumerated(parameters)} a value when this starts a run",
        hint="give each of them a default, or take it from the event",
    )


@problem("FC679")
def tag_too_long(span: Span, tag: str) -> Finding:
    """A tag is longer than Airflow's.

    ## Why is this bad?
    A tag of a DAG has at most 100 characters, its key and the colon among them. Airflow refuses a
    file with a longer one.

    ## Example
        flowc compile flow.py --target airflow --tag "purpose=$(cat README.md)"

    ## Use instead
        flowc compile flow.py --target airflow --tag purpose=training
    """
    return Finding(
        span,
        f"the tag `{tag[:20]}…` is {len(tag)} characters long, and Airflow has room for 100",
        hint="pass a shorter one",
    )


@problem("FC680")
def name_no_asset_can_have(span: Span, name: str) -> Finding:
    """An event has a name that no asset of Airflow can have.

    ## Why is this bad?
    Events are updates of assets, which have names of at most 1500 characters. `self` and `context`
    are not among them. Airflow refuses a file with such a name.

    ## Example
        @trigger(event="context")

    ## Use instead
        @trigger(event="new_context")
    """
    return Finding(
        span,
        f"no asset of Airflow can be called `{name[:60]}`",
        hint="choose another name for the event",
    )


@problem("FC681", Severity.WARNING)
def events_are_kept(span: Span) -> Finding:
    """Events are to be forgotten at certain times.

    ## Why is this bad?
    Airflow keeps an update of an asset until all others have been updated, too, and then starts a
    run. `reset_at` has no effect, and a run may begin long after the first of its events.

    ## Example
        @trigger(events=["a", "b"], options={"reset_at": {"cron": "0 0 * * *"}})

    ## Use instead
        @trigger(events=["a", "b"])
    """
    return Finding(
        span,
        "`reset_at` has no effect: Airflow keeps an event until all have happened",
        hint="leave it out",
    )


@problem("FC682")
def sensor_no_task_can_be(span: Span, name: str) -> Finding:
    """A sensor has a name that no task of Airflow can have.

    ## Why is this bad?
    A task's id is made of at most 250 letters, digits, `_`, `.` and `-`, and each task of a DAG has
    another one.

    ## Example
        @airflow_s3_key_sensor(bucket_key="s3://prices/today.csv", name="prices of today")

    ## Use instead
        @airflow_s3_key_sensor(bucket_key="s3://prices/today.csv", name="prices_of_today")
    """
    return Finding(
        span,
        f"the sensor cannot be a task called `{name}`",
        hint="choose another name, of letters, digits and `_`",
    )
