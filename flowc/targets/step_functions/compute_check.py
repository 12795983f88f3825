"""What the service that runs a flow's steps makes of them: this looks, the problems word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import ceil

from flowc.diagnostics import Diagnostic
from flowc.ir.batch_job import BatchJob
from flowc.ir.flow import Flow, Step
from flowc.targets.fargate import LARGEST, LOG_DRIVERS, Size, lacking, size_of
from flowc.targets.step_functions import compute_problems as problems
from flowc.targets.step_functions.gangs import gangs_in, no_multinode
from flowc.targets.step_functions.jobs import Jobs
from flowc.targets.target import AwsCompute, AwsGang, AwsOptions

# https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html and
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
_MOST_OF_A_JOB = 24 * 1024
_MOST_OF_A_TASK = 64 * 1024

_SERVICES = {
    AwsCompute.BATCH: "AWS Batch on EC2",
    AwsCompute.BATCH_FARGATE: "AWS Batch on Fargate",
    AwsCompute.ECS: "ECS",
}


def check_compute(flow: Flow, aws: AwsOptions) -> Iterator[Diagnostic]:
    """What the service lacks that steps ask for, or that it must be told."""
    if aws.compute is AwsCompute.ECS:
        given = {"--cluster": aws.cluster, "--subnets": aws.subnets}
        missing = [option for option, value in given.items() if not value]
        if missing:
            yield problems.no_network(flow.span, missing)
    for step in flow.steps.values():
        yield from _step(step, step.batch or BatchJob(), aws.compute)
    if aws.gang is AwsGang.MULTINODE:
        yield from _gangs(flow, aws.compute)
    if aws.compute is not AwsCompute.BATCH and not aws.execution_role:
        steps = flow.steps.values()
        without = [step.name for step in steps if not (step.batch and step.batch.execution_role)]
        if without:
            yield problems.no_execution_role(flow.span, without)


def check_sizes(flow: Flow, jobs: Jobs, compute: AwsCompute) -> Iterator[Diagnostic]:
    """Definitions that are larger than the service takes, each at the first step that has it."""
    most = _MOST_OF_A_TASK if compute is AwsCompute.ECS else _MOST_OF_A_JOB
    seen: set[str] = set()
    for step in flow.steps.values():
        text = json.dumps(jobs.definition(step.name), ensure_ascii=False)
        size = len(text.encode())
        if size > most and text not in seen:
            yield problems.step_definition_too_large(step.span, step.name, size, most)
        seen.add(text)


def _gangs(flow: Flow, compute: AwsCompute) -> Iterator[Diagnostic]:
    for gang in gangs_in(flow.body):
        reason = no_multinode(flow, gang, compute)
        if reason:
            opener = flow.steps[gang.at]
            yield problems.no_multinode(opener.span, gang.at, reason)


def _step(step: Step, batch: BatchJob, compute: AwsCompute) -> Iterator[Diagnostic]:
    ignored = {
        "queue": compute is AwsCompute.ECS and batch.queue,
        "ephemeral_storage": compute is AwsCompute.BATCH and batch.ephemeral_storage,
    }
    asked = [name for name, value in ignored.items() if value]
    if asked:
        yield problems.no_effect(step.span, step.name, asked, _SERVICES[compute])
    if compute is AwsCompute.BATCH:
        yield from _rounded(step, Size(ceil(step.compute.cpu), step.compute.memory_mb))
        return
    if batch.log_driver not in {"", *LOG_DRIVERS}:
        yield problems.no_such_log(step.span, step.name, batch.log_driver, LOG_DRIVERS)
    absent = lacking(step.compute, batch)
    size = size_of(step.compute)
    if size is None:
        absent.append(f"{_asked(step)} (of at most {LARGEST})")
    if absent:
        yield problems.lacking_on_fargate(step.span, step.name, absent)
    elif size:
        yield from _rounded(step, size)


def _rounded(step: Step, given: Size) -> Iterator[Diagnostic]:
    if given != _asked(step):
        yield problems.size_rounded_up(step.span, step.name, str(_asked(step)), str(given))


def _asked(step: Step) -> Size:
    return Size(step.compute.cpu, step.compute.memory_mb)
