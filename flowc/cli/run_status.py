"""How far a deployed run is, and why it failed, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from flowc.cli.deployed_text import (
    NUMBERS,
    STEP_HEADINGS,
    paths,
    run_entries,
    step_cells,
    step_entries,
    summary,
)
from flowc.cli.output import fail, print_json

if TYPE_CHECKING:
    from flowc.cli.failed_tasks import Failed
    from flowc.deploy.runs import DeployedRun, Runs
    from flowc.history.progress import StepProgress


def follow_and_show(runs: Runs, run: DeployedRun, store: str, *, as_json: bool) -> None:
    """Follow a run to its end and show it; a run that fails ends the command with 1."""
    from flowc.cli.following import follow

    found = follow(runs, run, store)
    show(runs, found, store, as_json=as_json)
    if not found.succeeded:
        fail()


def show(runs: Runs, run: DeployedRun, store: str, *, as_json: bool) -> None:
    """Write how a run stands to stdout."""
    from flowc.cli.deployed_steps import DeployedSteps
    from flowc.cli.failed_tasks import explained

    known = DeployedSteps(runs, run, store)
    steps = known.look()
    failures = explained(runs, run, known.file)
    if as_json:
        print_json(_entries(runs, run, steps, failures))
    else:
        _print(runs, run, steps, failures)


def _print(
    runs: Runs, run: DeployedRun, steps: tuple[StepProgress, ...], failures: list[Failed]
) -> None:
    from flowc.table import print_table

    tasks = [each.task for each in failures]
    typer.echo(summary(runs, run, tasks))
    for each in failures:
        for line in each.lines:
            typer.echo(f"  {line}")
    if steps:
        rows = [step_cells(run, step, paths(tasks, step.step)) for step in steps]
        print_table(STEP_HEADINGS, rows, NUMBERS)
    if failures:
        named = f"{runs.deployment}/{run.run} {tasks[0].name}"
        typer.echo(f"Log: flowc logs {named} {' '.join(runs.options)}")
    typer.echo(run.link)


def _entries(
    runs: Runs, run: DeployedRun, steps: tuple[StepProgress, ...], failures: list[Failed]
) -> dict[str, object]:
    tasks = [each.task for each in failures]
    return {
        **run_entries(runs, run),
        "steps": [step_entries(run, step, paths(tasks, step.step)) for step in steps],
        "failures": [each.entries() for each in failures],
    }
