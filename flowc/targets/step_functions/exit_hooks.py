"""States that call what `@exit_hook` names when a flow has ended; loaded where there is any."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.exit_hooks import ExitHook, Outcome, hook_names, hook_tasks
from flowc.ir.flow import Flow, Step
from flowc.targets.step_functions.jsonata import INPUT, expression

if TYPE_CHECKING:
    from flowc.targets.step_functions.states import State, States
    from flowc.targets.step_functions.tasks import Tasks


def with_hook_steps(flow: Flow) -> Flow:
    """The flow with a step more for each function, which runs where its first step does."""
    start = flow.steps[flow.start]
    tasks = [task for outcome in Outcome for task in hook_tasks(flow.exit_hooks, outcome)]
    steps = {name: _step(name, hook, start) for name, hook in tasks}
    return replace(flow, steps={**flow.steps, **steps})


def _step(name: str, hook: ExitHook, start: Step) -> Step:
    asked = start.batch
    batch = BatchJob(asked.queue, asked.iam_role, asked.execution_role) if asked else None
    return Step(
        name,
        hook.span,
        None,
        compute=Compute(image=hook.image or start.compute.image),
        batch=batch,
    )


def calls(flow: Flow, outcome: Outcome, states: States, tasks: Tasks, end: str) -> dict[str, State]:
    """A state for each function, the last of which leads to `end`."""
    labels = [
        states.name(f"hook:{function}") for function in hook_names(flow.exit_hooks).get(outcome, [])
    ]
    jobs = [tasks.job(task) for task, _ in hook_tasks(flow.exit_hooks, outcome)]
    called = zip(labels, jobs, [*labels, end][1:], strict=True)
    return {label: _called(job, after) for label, job, after in called}


def _called(job: State, after: str) -> State:
    # How a run has ended is not for its hooks to say, and each of them is called.
    ignored = {"ErrorEquals": ["States.ALL"], "Output": expression(INPUT), "Next": after}
    return {**job, "Catch": [ignored], "Next": after}
