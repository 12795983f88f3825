"""What can be wrong with a flow's schedule."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Note, Severity, problem
from flowc.ir.flow import Decorator, Parameter


def _names(steps: Sequence[str]) -> str:
    return ", ".join(f"`{step}`" for step in steps)


@problem("FC320")
def unreadable_cron(decorator: Decorator, what: str, hint: str) -> Finding:
    """A cron that says nothing: a field too many, a value out of range, an empty range.

    Five fields are read as unix cron does: minute, hour, day of the month, month, and day of
    the week from 0, Sunday, to 6 (7 is Sunday, too). Six fields are read as AWS EventBridge
    does: a year at the end, and days of the week from 1, Sunday, to 7. Names such as MON mean
    the same in both.

    ## Why is this bad?
    An engine would refuse the schedule, or run the flow at other times than were meant.

    ## Example
        @schedule(cron="0 25 * * *")

    ## Use instead
        @schedule(cron="0 23 * * *")
    """
    return Finding(decorator.span, what, hint)


@problem("FC321")
def conflicting_days(decorator: Decorator, day: str, weekday: str, instead: str) -> Finding:
    """A cron of six fields without exactly one `?` for the day of the month or of the week.

    ## Why is this bad?
    AWS EventBridge, whose syntax six fields are, takes one of the two, and refuses the rest.
    Where a day of either is meant, five fields say so, on the engines that read unix cron.

    ## Example
        @schedule(cron="0 10 * * MON-FRI *")

    ## Use instead
        @schedule(cron="0 10 ? * MON-FRI *")
    """
    return Finding(
        decorator.span,
        f"in six fields, one of day `{day}` and weekday `{weekday}` must be `?`, not both",
        f"write `{instead}`",
    )


@problem("FC322")
def impossible_date(decorator: Decorator, cron: str, instead: str) -> Finding:
    """A cron for a date that no calendar has.

    ## Why is this bad?
    The flow would never run.

    ## Example
        @schedule(cron="0 0 30 2 *")

    ## Use instead
        @schedule(cron="0 0 28 2 *")
    """
    return Finding(
        decorator.span,
        f"`{cron}` never runs: there is no such date",
        f"name a day that its months and years have, or the last one by `{instead}`",
    )


@problem("FC323", Severity.WARNING)
def month_without_day(decorator: Decorator, month: int) -> Finding:
    """A cron that names a month which has none of its days.

    ## Why is this bad?
    The flow does not run in that month, although it is named.

    ## Example
        @schedule(cron="0 0 31 3,6,9,12 *")

    ## Use instead
        @schedule(cron="0 0 L 3,6,9,12 ? *")
    """
    return Finding(
        decorator.span,
        f"the schedule names month {month}, which has none of its days",
        f"name a day that month {month} has, or leave the month out",
    )


@problem("FC324", Severity.WARNING)
def either_day(decorator: Decorator, day: str, weekday: str) -> Finding:
    """A cron whose day of the month and day of the week both count, one of them for all days.

    ## Why is this bad?
    Where both are given, unix cron runs on a date of either. Whether `*/2` counts as given is
    not the same for all engines; flowc reads it so, as Argo Workflows and Airflow do.

    ## Example
        @schedule(cron="0 0 */2 * MON")

    ## Use instead
        @schedule(cron="0 0 * * MON")
    """
    return Finding(
        decorator.span,
        f"the schedule runs on days `{day}`, and on weekdays `{weekday}` besides",
        "write `*` for the one that is not to count",
    )


@problem("FC325")
def unknown_time_zone(decorator: Decorator, name: str, near: str) -> Finding:
    """A time zone that is not in the IANA database.

    ## Why is this bad?
    An engine would refuse the schedule.

    ## Example
        @schedule(daily=True, timezone="Berlin")

    ## Use instead
        @schedule(daily=True, timezone="Europe/Berlin")
    """
    return Finding(
        decorator.span,
        f"there is no time zone `{name}`",
        f"write `{near}`" if near else "name a zone of the IANA database, or leave it out for UTC",
    )


@problem("FC326", Severity.WARNING)
def time_zone_unchecked(decorator: Decorator, name: str) -> Finding:
    """A time zone on a machine without a time zone database.

    ## Why is this bad?
    The name goes into the manifest as it is. A misspelled one is found by the engine alone.

    ## Use instead
    Install the package `tzdata`, which holds the database.
    """
    return Finding(
        decorator.span,
        f"the time zone `{name}` cannot be checked: this machine has no time zone database",
        "install the package `tzdata`",
    )


@problem("FC327", Severity.WARNING)
def several_times(decorator: Decorator, names: Sequence[str]) -> Finding:
    """A `@schedule` that is given several times to run at.

    ## Why is this bad?
    Only one of them counts: `cron` before `weekly`, `weekly` before `hourly`, and `daily` last.

    ## Example
        @schedule(hourly=True, weekly=True)

    ## Use instead
        @schedule(weekly=True)
    """
    return Finding(
        decorator.span,
        f"`@schedule` is given {_names(names)}, of which only `{names[0]}` counts",
        "keep one of them, or say all in `cron`",
    )


@problem("FC328", Severity.WARNING)
def scheduled_without_value(parameter: Parameter, schedule: Decorator) -> Finding:
    """A parameter that must be given, in a flow that is started by the clock.

    ## Why is this bad?
    Nobody gives a value to a run that a schedule starts, so each of them would fail.

    ## Example
        alpha = Parameter("alpha", required=True)

    ## Use instead
        alpha = Parameter("alpha", default=0.1)
    """
    return Finding(
        parameter.span,
        f"parameter `{parameter.name}` is required, but the flow is started by its schedule",
        "give the parameter a default, or remove `@schedule`",
        (Note(schedule.span, "the schedule"),),
    )
