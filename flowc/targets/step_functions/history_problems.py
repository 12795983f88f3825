"""What does not fit an execution's history or concurrency: the problems, each with its page."""

from __future__ import annotations

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.step_functions.fan import HISTORY_LIMIT, INLINE_CONCURRENCY


@problem("FC657", Severity.WARNING)
def inline_is_narrow(span: Span, max_workers: int) -> Finding:
    """Items of a foreach run within the execution, where no more than 40 run at once.

    ## Why is this bad?
    `--max-workers` asks for more, and gets 40.

    ## Example
        flowc compile flow.py --target step-functions --map inline --max-workers 500

    ## Use instead
    Leave `--map` out, so that a wide foreach gives each item an execution of its own, or ask for 40
    at once.
    """
    return Finding(
        span,
        f"items run inline, so that {INLINE_CONCURRENCY} of them run at once, not {max_workers}",
        hint="leave `--map inline` out, or pass `--max-workers 40`",
    )


@problem("FC741", Severity.WARNING)
def little_room(span: Span, what: str, events: int, times: int) -> Finding:
    """An execution has room for few items of a foreach, or few rounds of a loop.

    ## Why is this bad?
    The history of an execution ends with its 25,000th event, and the execution fails there. Each
    state takes a few events, and what runs inline or in a loop takes them again each time.

    ## Example
    A loop with thirty steps in it: a round takes some 200 events, so that it fails in its 125th. A
    gang that is a multi-node job takes some 900 in four hours, as it is looked at until it ends.

    ## Use instead
    `--map distributed` gives each item of a foreach an execution of its own. Of a loop, do several
    rounds in one step, or put what is long into fewer steps.
    """
    return Finding(
        span,
        f"an execution has room for {times} {what}: each takes some {events} of the "
        f"{HISTORY_LIMIT:,} events of its history",
        hint="pass `--map distributed` if it is a foreach, or do more in one step",
    )
