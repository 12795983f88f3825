"""Steps as jobs of AWS Batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Step
from flowc.ir.region import Block, Foreach, Loop, Task, inner_blocks
from flowc.targets.airflow.compute_check import (
    ON_BATCH,
    bucket,
    images,
    job_queues,
    without_effect,
)
from flowc.targets.airflow.exit_hooks import hook_steps
from flowc.targets.airflow.python_text import Expression
from flowc.targets.bucket import Bucket, parse_bucket
from flowc.targets.job_definitions import JobDefinitions, definitions_name
from flowc.targets.pods import DEFAULT_IMAGE
from flowc.targets.target import CompileOptions

# In the place of these Batch puts the parameters of a job. What else a job is told are variables,
# and after how many seconds it is ended, as several paths may go to one.
_WORDS = ("Ref::runs", "Ref::step")

# A job has one attempt, as Airflow itself starts another.
_ONE_ATTEMPT = {"attempts": 1}

# Jobs may take weeks; each look at one is half a minute after the last.
_MOST_LOOKS = 100_000


class Batch:
    """A job for each task, by a definition that is registered where it is not there yet.

    Without a package, the image holds flowc, the flow's plan, and the flow's file in its working
    directory, as for Step Functions. What a job has decided is read from the store.
    """

    template = "batch"
    standard = ("import json",)
    modules = (
        "from airflow.providers.amazon.aws.hooks.batch_client import BatchClientHook",
        "from airflow.providers.amazon.aws.hooks.s3 import S3Hook",
        "from airflow.providers.amazon.aws.operators.batch import BatchOperator",
    )
    names = ()

    def __init__(self, flow: Flow, options: CompileOptions) -> None:
        self._flow = flow
        self._options = options
        self._frames = dict(_frames(flow.body))
        hooks = {hook.name: hook for _, hook in hook_steps(flow)}
        with_hooks = replace(flow, steps={**flow.steps, **hooks})
        with_image = replace(options, image=options.image or DEFAULT_IMAGE)
        self._names, self._definitions = JobDefinitions(
            with_hooks, with_image, words=lambda _step: _WORDS, limit=lambda _step: None
        ).named()

    @property
    def constants(self) -> Mapping[str, Expression]:
        """See `Compute.constants`."""
        airflow, place = self._options.airflow, parse_bucket(self._options.store) or Bucket("")
        job: dict[str, Expression] = {
            "job_queue": self._options.aws.job_queue,
            "retry_strategy": _ONE_ATTEMPT,
            "max_retries": _MOST_LOOKS,
            "awslogs_enabled": True,
            **({"aws_conn_id": airflow.connection} if airflow.connection else {}),
            **({"deferrable": True} if airflow.deferrable else {}),
        }
        return {
            "BUCKET": place.name,
            "RUNS": place.key(self._flow.name),
            "JOB_NAME": definitions_name(self._flow.name),
            "JOB": job,
            "DEFINITIONS": self._definitions,
        }

    def arguments(
        self, step: Step, *, seconds: int | None, is_member: bool
    ) -> Mapping[str, Expression]:
        """See `Compute.arguments`."""
        queue = step.batch.queue if step.batch else ""
        frames = self._frames.get(step.name, "")
        if step.name in step.next_steps:
            # What is left of a loop is kept at the path of its surroundings.
            frames = frames[:-1]
        return {
            "definition": self._names[step.name],
            **({"frames": frames} if "r" in frames else {}),
            **({"job_queue": queue} if queue else {}),
            **({"submit_job_timeout": seconds} if seconds else {}),
        }

    def check(self) -> Iterator[Diagnostic]:
        """See `Compute.check`."""
        yield from bucket(self._flow, self._options)
        yield from job_queues(self._flow, self._options)
        yield from images(self._flow, self._options)
        yield from without_effect(self._flow, ON_BATCH, "AWS Batch")


def _frames(block: Block, around: str = "") -> Iterator[tuple[str, str]]:
    """Each step with what its path is made of: an `i` for each foreach, an `r` for each loop."""
    for region in block:
        frame = ""
        match region:
            case Task(step):
                yield step, around
            case Foreach():
                frame = "i"
            case Loop():
                frame = "r"
        for inner in inner_blocks(region):
            yield from _frames(inner, around + frame)
