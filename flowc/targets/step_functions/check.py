"""What is wrong with a flow before it becomes states: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Decorator, Flow
from flowc.ir.region import Foreach, Loop, walk
from flowc.targets.bucket import parse_bucket
from flowc.targets.step_functions import history_problems, problems, start_problems
from flowc.targets.step_functions.compute_check import check_compute
from flowc.targets.step_functions.fan import (
    INLINE_CONCURRENCY,
    Fan,
    distributed,
    executions,
    rooms,
)
from flowc.targets.step_functions.gangs import multinode_steps
from flowc.targets.step_functions.naming import VALID_NAME, machine_name
from flowc.targets.step_functions.tags import wrong_tags
from flowc.targets.target import AwsCompute, CompileOptions, MapMode


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Step Functions makes of the flow, in no particular order."""
    yield from _place(flow, options)
    yield from _jobs(flow, options)
    yield from _histories(flow, options)
    yield from check_compute(flow, options.aws)
    yield from _names(flow, options)
    yield from _starts(flow)
    for decorator in filter(_is_sensor, flow.decorators):
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


def _histories(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    fan = Fan(options.max_workers, options.aws.map_mode)
    apart = distributed(flow.body, fan)
    jobs = multinode_steps(flow, options.aws)
    for execution in executions(flow.body, apart):
        for room in filter(lambda room: room.is_tight, rooms(execution, apart, jobs)):
            what = "rounds of the loop" if isinstance(room.region, Loop) else "items of the foreach"
            span = flow.steps[room.region.at].span
            yield history_problems.little_room(span, what, room.events, room.times)
    if fan.mode is MapMode.INLINE and fan.max_workers > INLINE_CONCURRENCY:
        for foreach in (each for each in walk(flow.body) if isinstance(each, Foreach)):
            span = flow.steps[foreach.at].span
            yield history_problems.inline_is_narrow(span, fan.max_workers)


def _names(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    name = machine_name(flow, options.name)
    if not VALID_NAME.fullmatch(name):
        yield start_problems.invalid_machine_name(flow.span, name)
    for why in wrong_tags(options.tags):
        yield start_problems.invalid_tag(flow.span, why)


def _starts(flow: Flow) -> Iterator[Diagnostic]:
    if flow.schedule:
        from flowc.targets.step_functions.schedules import check_schedule  # noqa: PLC0415

        yield from check_schedule(flow.schedule, flow)
    resets = [trigger.reset for trigger in flow.triggers if trigger.reset]
    if resets:
        from flowc.targets.step_functions.schedules import check_times  # noqa: PLC0415

        yield from (found for times in resets for found in check_times(times))


def _is_sensor(decorator: Decorator) -> bool:
    return decorator.core.startswith("airflow_")
