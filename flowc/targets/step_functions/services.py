"""Which service of AWS runs a flow's steps."""

from __future__ import annotations

from flowc.ir.flow import Flow
from flowc.targets.step_functions.batch_jobs import BatchJobs
from flowc.targets.step_functions.ecs_tasks import EcsTasks
from flowc.targets.step_functions.jobs import Jobs
from flowc.targets.target import AwsCompute, CompileOptions


def jobs_of(flow: Flow, options: CompileOptions) -> Jobs:
    """The steps of a flow as the options' service runs them."""
    if options.aws.compute is AwsCompute.ECS:
        return EcsTasks(flow, options)
    return BatchJobs(flow, options)
