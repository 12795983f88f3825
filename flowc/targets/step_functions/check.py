"""What is wrong with a flow before it becomes states: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow
from flowc.targets.step_functions import problems
from flowc.targets.step_functions.bucket import parse_bucket
from flowc.targets.step_functions.compute_check import check_compute
from flowc.targets.target import AwsCompute, CompileOptions

# Decorators of flows whose meaning the manifest does not hold.
_NOT_EMITTED = frozenset({"project", "schedule", "trigger", "trigger_on_finish", "exit_hook"})


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Step Functions makes of the flow, in no particular order."""
    yield from _place(flow, options)
    yield from _jobs(flow, options)
    yield from check_compute(flow, options.aws)
    for decorator in flow.decorators:
        if decorator.core in _NOT_EMITTED or _is_sensor(decorator):
            yield problems.decorator_not_emitted(decorator.span, decorator.name)


def _place(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    if parse_bucket(options.store) is None:
        yield problems.no_bucket(flow.span, options.store)


def _jobs(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    steps = flow.steps.values()
    without_image = [step.name for step in steps if not step.compute.image]
    if without_image and not options.image:
        yield problems.no_image(flow.span, without_image)
    if options.aws.compute is AwsCompute.ECS:
        return
    without_queue = [step.name for step in steps if not (step.batch and step.batch.queue)]
    if without_queue and not options.aws.job_queue:
        yield problems.no_job_queue(flow.span, without_queue)


def _is_sensor(decorator: Decorator) -> bool:
    return decorator.core.startswith("airflow_")
