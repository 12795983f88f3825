"""Follows a deployed run to its end: a live table on a terminal, or a line for each change."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import typer

from flowc.cli.deployed_text import NUMBERS, STEP_HEADINGS, step_cells
from flowc.cli.output import tell
from flowc.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowc.deploy.runs import DeployedRun, Runs

# As often as a person looks; more would only take from what AWS lets an account ask.
_SECONDS = 2.0


def follow(runs: Runs, run: DeployedRun, store: str) -> DeployedRun:
    """The run at its end; how far its steps are is told on stderr until then."""
    try:
        return _follow(runs, run, store)
    except KeyboardInterrupt:
        tell(f"flowc: {run.run} goes on; `flowc stop {runs.deployment} {run.run}` ends it")
        raise typer.Exit(130) from None


def _follow(runs: Runs, run: DeployedRun, store: str) -> DeployedRun:
    from flowc.cli.deployed_steps import DeployedSteps

    steps = DeployedSteps(runs, run, store)
    with _view() as show:
        while True:
            # The state comes first: what a run that is over has done is then on record.
            now = runs.find(run.run)
            show([step_cells(now, step, frozenset()) for step in steps.look()])
            if now.is_over:
                return now
            time.sleep(_SECONDS)


def _view() -> AbstractContextManager[Callable[[Sequence[Sequence[str]]], None]]:
    if not is_terminal(sys.stderr):
        return nullcontext(_Lines().show)
    from flowc.progress.live_rows import live_rows

    return live_rows(STEP_HEADINGS, NUMBERS)


class _Lines:
    """Tells of the steps that have changed since it was last asked to show them."""

    def __init__(self) -> None:
        self._told: dict[str, Sequence[str]] = {}

    def show(self, rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            step, done, running, _ = row
            has_begun = running or not done.startswith("0")
            if has_begun and self._told.get(step) != row:
                tell(f"{step}: {done} done" + (f", {running} running" if running else ""))
                self._told[step] = row
