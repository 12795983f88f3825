"""What Step Functions makes of a flow's name, and of what starts it: the problems."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.wording import enumerated


@problem("FC644")
def schedule_aws_cannot_have(span: Span, reason: str, hint: str) -> Finding:
    """The schedule says what no schedule of EventBridge can.

    ## Why is this bad?
    A schedule of AWS names one day by `L`, `W` or `#`, or several days by their numbers, and the
    flow would run at other times than was meant.

    ## Example
        @schedule(cron="0 9 1,L * ? *")

    ## Use instead
        @schedule(cron="0 9 L * ? *")
    """
    return Finding(span, f"EventBridge cannot express this schedule: it {reason}", hint)


@problem("FC646")
def schedule_gives_nothing(span: Span, parameters: Sequence[str]) -> Finding:
    """A flow with a schedule has parameters that somebody must give.

    ## Why is this bad?
    Nobody is there when a schedule starts an execution, and each one would fail at once.

    ## Example
        day = Parameter("day", required=True)

    ## Use instead
        day = Parameter("day", default="yesterday")
    """
    return Finding(
        span,
        f"nobody gives {enumerated(parameters)} a value when the schedule starts an execution",
        hint="give each of them a default",
    )


@problem("FC647")
def invalid_machine_name(span: Span, name: str) -> Finding:
    r"""The state machine would have a name that AWS refuses, or that other services cannot have.

    ## Why is this bad?
    A name has at most 80 characters. Of those that Step Functions takes, logs, metrics, rules and
    schedules have letters from A to Z, digits, `.`, `-` and `_`.

    ## Example
        flowc compile flow.py --target step-functions --name "train (new)"

    ## Use instead
        flowc compile flow.py --target step-functions --name train-new
    """
    return Finding(
        span,
        f"no state machine can be called `{name}`",
        hint="choose a name of at most 80 letters from A to Z, digits, `.`, `-` and `_`",
    )


@problem("FC648")
def invalid_tag(span: Span, why: str) -> Finding:
    r"""A tag that AWS does not take.

    ## Why is this bad?
    AWS refuses what has such a tag: keys have at most 128 characters, values 256, and a resource
    has 50 tags, of which flowc needs five. They are made of letters, digits, spaces and
    `_.:/=+-@`; those that begin with `aws:` are Amazon's own, and those with `flowc:` flowc's.

    ## Example
        flowc compile flow.py --target step-functions --tag "aws:team=ml"

    ## Use instead
        flowc compile flow.py --target step-functions --tag team=ml
    """
    return Finding(span, f"the tag {why}", hint="pass `--tag KEY=VALUE` with what AWS takes")


@problem("FC649", Severity.WARNING)
def started_twice(span: Span) -> Finding:
    """A schedule names days of the month and of the week, and some dates are both.

    ## Why is this bad?
    A schedule of EventBridge names one kind of day, so that two of them start the flow. On a date
    that both of them name, it is started twice.

    ## Example
        @schedule(cron="0 9 1 * MON")

    ## Use instead
        @schedule(cron="0 9 1 * *")
    """
    return Finding(
        span,
        "on dates that are both a day of the month and of the week, this starts the flow twice",
        hint="name days of the month or weekdays",
    )
