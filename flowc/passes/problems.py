"""What the passes can find wrong with a flow."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Note, Severity, problem
from flowc.ir.flow import Decorator, Parameter, Step, Unknown


def _at(step: Step, message: str, hint: str, *others: tuple[Step, str]) -> Finding:
    """A finding at the step's transition, with notes on other steps."""
    span = step.transition.span if step.transition else step.span
    notes = tuple(Note(other.span, sentence) for other, sentence in others)
    return Finding(span, message, hint, notes)


def _names(steps: Sequence[str]) -> str:
    return ", ".join(f"`{step}`" for step in steps)


@problem("FC220")
def irreducible_loop(latch: Step, header: Step) -> Finding:
    """A loop that can be entered elsewhere than at its first step.

    ## Why is this bad?
    A loop runs again from its first step. If another way leads into its middle, there is no
    one step that begins an iteration, and no engine could number the iterations.

    ## Example
        start ─▶ a ─▶ b ─▶ a        and also        start ─▶ b

    ## Use instead
    Let all ways into the loop lead to the same step.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to `{header.name}`, "
        f"but `{latch.name}` can be reached without passing `{header.name}`",
        f"let every way into the loop start at `{header.name}`",
        (header, "the loop would begin here"),
    )


@problem("FC221")
def loop_without_switch(latch: Step, header: Step) -> Finding:
    """A loop that is closed by a step that cannot choose to leave it.

    ## Why is this bad?
    The flow would never end. Only a switch, `self.next({…}, condition=…)`, can decide between
    another iteration and going on.

    ## Example
        self.next(self.train)                       # in `evaluate`, which follows `train`

    ## Use instead
        self.next({"again": self.train, "done": self.end}, condition="verdict")
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to `{header.name}` and nowhere else",
        "close the loop with `self.next({…}, condition=…)` that can also leave it",
        (header, "the loop begins here"),
    )


@problem("FC222")
def loop_closed_twice(first: Step, second: Step, header: Step) -> Finding:
    """A loop that several steps lead back to the start of.

    ## Why is this bad?
    Each iteration must end in one place, where its successor is numbered.

    ## Use instead
    Let the ways through the loop meet in one switch that decides whether to go round again.
    """
    return _at(
        second,
        f"steps `{first.name}` and `{second.name}` both lead back to `{header.name}`",
        "let both lead to one switch that closes the loop",
        (header, "the loop begins here"),
        (first, "and is closed here already"),
    )


@problem("FC223")
def loop_left_elsewhere(leaving: Step, latch: Step, header: Step) -> Finding:
    """A loop that is left from another step than the switch that closes it.

    ## Why is this bad?
    What follows a loop runs once, after its last iteration. That iteration is known when the
    closing switch decides not to go round again; a way out before it has no such place.

    ## Use instead
    Remember the decision in an artifact, and let the closing switch leave the loop on it.
    """
    return _at(
        leaving,
        f"step `{leaving.name}` leaves the loop from `{header.name}` to `{latch.name}`, "
        f"which only `{latch.name}` may leave",
        f"set an artifact in `{leaving.name}` and let the switch in `{latch.name}` leave on it",
        (latch, "the loop is closed here"),
    )


@problem("FC224")
def latch_of_two_loops(latch: Step, first: Step, second: Step) -> Finding:
    """A switch that leads back to the beginnings of two loops.

    ## Why is this bad?
    One loop lies in the other, and each needs a closing switch of its own to number its
    iterations.

    ## Use instead
    Close the inner loop with one switch and the outer loop with a second one after it.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to both `{first.name}` and `{second.name}`",
        "give each of the two loops a closing switch of its own",
        (first, "one loop begins here"),
        (second, "the other begins here"),
    )


@problem("FC225")
def loop_crosses_border(latch: Step, header: Step) -> Finding:
    """A loop that begins outside a split or foreach and is closed inside it, or the reverse.

    ## Why is this bad?
    The branches of a split run side by side. Going back to before the split from one of them
    would start the others again while they still run.

    ## Use instead
    Close the loop after the join, or let it begin and end inside one branch.
    """
    return _at(
        latch,
        f"the loop from `{header.name}` to `{latch.name}` crosses the border of a split or foreach",
        "let the loop begin and end inside one branch, or outside the split and its join",
        (header, "the loop begins here"),
    )


@problem("FC226")
def loop_to_join(latch: Step, header: Step) -> Finding:
    """A loop that begins at a join.

    ## Why is this bad?
    A join takes the results of all branches of a split. Coming back from a later step there
    is nothing to join.

    ## Use instead
    Put a step after the join and let the loop begin there.
    """
    return _at(
        latch,
        f"step `{latch.name}` leads back to the join `{header.name}`",
        f"add a step after `{header.name}` and let the loop begin there",
        (header, "this step joins"),
    )


@problem("FC230")
def branches_do_not_meet(split: Step, ends: Sequence[str]) -> Finding:
    """A split or foreach whose branches do not all end in one join.

    ## Why is this bad?
    What runs side by side must come together again in one step that takes `inputs`, before
    the flow ends and before any other split is joined.

    ## Example
        self.next(self.a, self.b)       # `a` goes to `join`, `b` goes to `end`

    ## Use instead
    Let every branch lead to the same step `def join(self, inputs)`.
    """
    where = f"they reach {_names(ends)}" if ends else "they reach the end of the flow"
    return _at(
        split,
        f"the branches that `{split.name}` starts do not meet in one join: {where}",
        "let every branch lead to one step that takes `inputs`",
    )


@problem("FC235")
def arms_do_not_meet(switch: Step, ends: Sequence[str]) -> Finding:
    """A switch in a branch whose arms end in different joins.

    ## Why is this bad?
    A join waits for every branch of its split. If a branch may go to another join, one of the
    two would wait for ever.

    ## Use instead
    Let the arms of the switch meet in a step before the join.
    """
    return _at(
        switch,
        f"the arms of the switch in `{switch.name}` do not meet: they reach {_names(ends)}",
        "let the arms meet in one step before the join",
    )


@problem("FC231")
def branch_without_steps(split: Step, join: Step) -> Finding:
    """A split or foreach with a branch that leads straight to the join.

    ## Why is this bad?
    A branch without a step has no task, and so nothing to join.

    ## Use instead
    Put at least one step into each branch.
    """
    return _at(
        split,
        f"a branch of `{split.name}` leads straight to the join `{join.name}`",
        f"add a step between `{split.name}` and `{join.name}`",
        (join, "this step joins"),
    )


@problem("FC232")
def join_without_split(join: Step) -> Finding:
    """A step that takes `inputs` although nothing was split before it.

    ## Why is this bad?
    `inputs` are the results of the branches of a split or foreach. Where none is open, the
    step would have none.

    ## Use instead
    Remove the argument, or let a split or foreach lead here.
    """
    return Finding(
        join.span,
        f"step `{join.name}` takes inputs, but no split or foreach is open when it is reached",
        f"write `def {join.name}(self)`, or add the split that it should join",
    )


@problem("FC233")
def tails_too_tangled(step: Step, limit: int) -> Finding:
    """Switches whose arms share so many steps that no tree of reasonable size holds them.

    ## Why is this bad?
    Arms that share their last steps are compiled by giving each its copy. Many such switches,
    one after the other, would multiply.

    ## Use instead
    Let the arms of each switch meet in one step before the next switch begins.
    """
    return _at(
        step,
        f"the arms of the switches around `{step.name}` share too many steps "
        f"(more than {limit} copies)",
        "let the arms of each switch meet in a step before the next switch",
    )


@problem("FC234")
def too_many_levels(step: Step, limit: int) -> Finding:
    """Splits, foreaches, switches and loops inside each other, deeper than any engine goes.

    ## Why is this bad?
    Argo Workflows stops at 100 nested templates, and the others are slower long before.

    ## Use instead
    Join or merge before opening the next construct, so that they follow each other.
    """
    return _at(
        step,
        f"the construct that `{step.name}` opens lies more than {limit} levels deep",
        "join or merge before you open the next split, foreach, switch or loop",
    )


@problem("FC301")
def wrong_argument(decorator: Decorator, argument: str, given: str, expected: str) -> Finding:
    """A decorator's argument of a kind or size that the decorator cannot take.

    ## Why is this bad?
    An engine would refuse the manifest, or run the step with another value than was meant.

    ## Example
        @retry(times=-1)

    ## Use instead
        @retry(times=3)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` cannot take `{given}` for `{argument}`",
        f"give `{argument}` {expected}",
    )


@problem("FC302")
def unknown_argument(decorator: Decorator, argument: str, known: Sequence[str]) -> Finding:
    """A decorator is given an argument that it does not have.

    ## Why is this bad?
    The argument would have no effect, and Metaflow refuses it.

    ## Example
        @retry(retries=3)

    ## Use instead
        @retry(times=3)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` has no argument `{argument}`",
        f"use {_names(known)}",
    )


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


@problem("FC351", Severity.WARNING)
def attribute_without_effect(decorator: Decorator, argument: str) -> Finding:
    """A decorator's argument that flowc does not act on yet.

    ## Why is this bad?
    The step runs without what the argument asks for: on a node that it should not run on, or
    with a smaller disk than it needs.

    ## Example
        @kubernetes(disk=50000, tolerations=[{"key": "gpu"}])

    ## Use instead
    Add to the manifest what the step cannot do without, and remove the argument.
    """
    return Finding(
        decorator.span,
        f"`{argument}` of `@{decorator.name}` has no effect yet",
        f"add what `{argument}` asks for to the manifest, or remove it",
    )


@problem("FC401")
def argument_not_static(decorator: Decorator, argument: str, unknown: Unknown) -> Finding:
    """A decorator's argument that only running the flow would tell.

    ## Why is this bad?
    flowc reads a flow without running it, and an engine must be told resources, retries and
    the like before the run starts.

    ## Example
        @resources(memory=how_much())

    ## Use instead
        @resources(memory=16000)
    """
    return Finding(
        unknown.span,
        f"`{argument}` of `@{decorator.name}` is `{unknown.text}`, which only running would tell",
        "write the value as a literal",
    )
