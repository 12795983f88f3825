"""What `@exit_hook` names as tasks at the end of a flow's DAG; loaded where there is any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.exit_hooks import ExitHook, Outcome, hook_names, hook_tasks
from flowc.ir.flow import Flow, Step


def hook_steps(flow: Flow) -> Iterator[tuple[str, Step]]:
    """What the task of each function is to be called, and the function as a step."""
    names = hook_names(flow.exit_hooks)
    for outcome in Outcome:
        tasks = hook_tasks(flow.exit_hooks, outcome)
        for function, (task, hook) in zip(names.get(outcome, []), tasks, strict=True):
            yield f"on_{outcome}_{function.replace('.', '_')}", _step(task, hook, flow)


def _step(name: str, hook: ExitHook, flow: Flow) -> Step:
    """A step that runs where the first one does, and asks for nothing that this one does."""
    start = flow.steps[flow.start]
    job, pod = start.batch, start.pod
    return Step(
        name,
        hook.span,
        None,
        compute=Compute(image=hook.image or start.compute.image),
        batch=BatchJob(job.queue, job.iam_role, job.execution_role) if job else None,
        pod=replace(pod, port=None, extended_resources={}, qos=None) if pod else None,
    )
