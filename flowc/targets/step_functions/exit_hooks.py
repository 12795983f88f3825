"""States that call what `@exit_hook` names when an execution has ended; loaded where there is any.

The whole flow is the one branch of a Parallel, so that one place catches whatever fails in it. An
execution that is stopped ends without its hooks: nothing catches that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.exit_hooks import ExitHook, Outcome, hook_names, hook_tasks
from flowc.ir.flow import Flow, Step
from flowc.targets.step_functions.jsonata import INPUT, PATH, RUN, expression

if TYPE_CHECKING:
    from flowc.targets.step_functions.states import State, States
    from flowc.targets.step_functions.tasks import Tasks

_SUCCEEDED = {"Type": "Pass", "End": True}
_FAILED = {
    "Type": "Fail",
    # The names that begin with `States.` are for Step Functions alone to give.
    "Error": expression(f"$replace({INPUT}.error.Error, 'States.', 'flowc.')"),
    "Cause": expression(f"{INPUT}.error.Cause"),
}


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


def hooked(flow: Flow, machine: State, states: States, tasks: Tasks) -> State:
    """The machine as a state of another one, followed by its hooks."""
    whole = states.name("flowc:flow")
    succeeded = _chain(flow, Outcome.SUCCESS, states, tasks)
    failed = _chain(flow, Outcome.ERROR, states, tasks)
    branch: State = {"Type": "Parallel", "Branches": [machine], "Output": expression(INPUT)}
    if failed:
        branch["Catch"] = [_caught(next(iter(failed)))]
    onward = {"Next": next(iter(succeeded))} if succeeded else {"End": True}
    return {"StartAt": whole, "States": {whole: {**branch, **onward}, **succeeded, **failed}}


def _chain(flow: Flow, outcome: Outcome, states: States, tasks: Tasks) -> dict[str, State]:
    """A state for each function, and one that ends the execution; none without functions."""
    functions = hook_names(flow.exit_hooks).get(outcome, [])
    if not functions:
        return {}
    labels = [states.name(f"hook:{function}") for function in functions]
    end = states.name(f"flowc:{outcome}")
    jobs = [tasks.job(task) for task, _ in hook_tasks(flow.exit_hooks, outcome)]
    calls = zip(labels, jobs, [*labels[1:], end], strict=True)
    last = _SUCCEEDED if outcome is Outcome.SUCCESS else _FAILED
    return {**{label: _called(job, after) for label, job, after in calls}, end: last}


def _called(job: State, after: str) -> State:
    # How a run has ended is not for its hooks to say, and each of them is called.
    ignored = {"ErrorEquals": ["States.ALL"], "Output": expression(INPUT), "Next": after}
    return {**job, "Catch": [ignored], "Next": after}


def _caught(first: str) -> State:
    told = {"run": expression(RUN), "path": expression(PATH)}
    error = {"error": expression("$states.errorOutput")}
    return {"ErrorEquals": ["States.ALL"], "Output": {**told, **error}, "Next": first}
