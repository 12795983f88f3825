"""A deployed run as text, as rows of a table, and as JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flowc.cli.run_text import duration, iso, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowc.deploy.runs import DeployedRun, FailedTask, Runs
    from flowc.history.progress import StepProgress

RUN_HEADINGS = ("run", "state", "started", "duration")
STEP_HEADINGS = ("step", "done", "running", "failed")
NUMBERS = frozenset({"duration", "done", "running", "failed"})


def run_cells(run: DeployedRun) -> Sequence[str]:
    """A row for each run of a deployment."""
    return (run.run, str(run.state), when(run.started), duration(_seconds(run)))


def run_entries(runs: Runs, run: DeployedRun) -> dict[str, Any]:
    """A run as JSON has it. What is said of a job that failed stands with its task."""
    return {
        "deployment": runs.deployment,
        "run": run.run,
        "execution": run.execution,
        "state": str(run.state),
        "started": iso(run.started),
        "seconds": round(_seconds(run), 3),
        "error": run.error or None,
        "cause": None if run.cause.startswith("{") else run.cause or None,
        "link": run.link,
    }


def step_cells(run: DeployedRun, step: StepProgress, failed: frozenset[str]) -> Sequence[str]:
    """A row for a step; `failed` are the paths of its tasks that ended the run."""
    done = f"{step.done}/{step.total}" if step.total is not None else str(step.done)
    going = 0 if run.is_over else len(step.open - failed)
    return (step.step, done, str(going or ""), str(len(failed) or ""))


def step_entries(run: DeployedRun, step: StepProgress, failed: frozenset[str]) -> dict[str, Any]:
    """A step as JSON has it."""
    return {
        "step": step.step,
        "done": step.done,
        "total": step.total,
        "running": 0 if run.is_over else len(step.open - failed),
        "failed": len(failed),
    }


def summary(runs: Runs, run: DeployedRun, failures: Sequence[FailedTask]) -> str:
    """How a run stands, in a sentence."""
    name, spent = f"{runs.deployment} {run.run}", duration(_seconds(run))
    if not run.is_over:
        return f"{name} has been running for {spent}"
    if run.succeeded:
        return f"{name} finished in {spent}"
    if failures:
        return f"{name} {run.state} after {spent}: {failures[0].name} failed, {failures[0].reason}"
    why = ": ".join(filter(None, (run.error, run.cause.splitlines()[0][:300] if run.cause else "")))
    return f"{name} {run.state} after {spent}" + (f": {why}" if why else "")


def paths(failures: Sequence[FailedTask], step: str) -> frozenset[str]:
    """The paths of the tasks of a step that failed."""
    return frozenset(task.path for task in failures if task.step == step)


def _seconds(run: DeployedRun) -> float:
    return max(0.0, (run.ended or time.time()) - run.started)
