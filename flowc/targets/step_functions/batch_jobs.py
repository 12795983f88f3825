"""Steps as jobs of AWS Batch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flowc.ir.flow import Flow, Policy, Step
from flowc.targets.command import Option, words
from flowc.targets.job_definitions import JobDefinitions, container_of, definitions_name
from flowc.targets.step_functions.gangs import asked_nodes, job_prefix, multinode_steps, tried
from flowc.targets.step_functions.given import environment_of
from flowc.targets.step_functions.jobs import (
    BUSY,
    MOST_OF_OVERRIDES,
    THROTTLED,
    retries,
    time_limit,
)
from flowc.targets.step_functions.jsonata import (
    ATTEMPT,
    COUNT,
    PATH,
    RUN_ID,
    expression,
    joined,
    quoted,
)
from flowc.targets.target import CompileOptions

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
_RUN_JOB = "arn:aws:states:::batch:submitJob.sync"
_JOB_NAME_LIMIT = 128

# The variable by which a node of a multi-node job knows which one it is.
_NODE = "AWS_BATCH_JOB_NODE_INDEX"

# What Batch and Step Functions add to a task's overrides, and a long path.
_OF_BATCH = 1000

# AWS Batch takes some 50 jobs a second from an account, and a wide foreach asks for more.
_BATCH_IS_BUSY = {
    "ErrorEquals": [f"Batch.{each}" for each in ("AWSBatchException", *THROTTLED)],
    **BUSY,
}


class BatchJobs:
    """The steps of a flow as jobs, and gangs as one job each where they can be."""

    def __init__(self, flow: Flow, options: CompileOptions) -> None:
        multinode = multinode_steps(flow, options.aws)
        self._flow = flow
        self._multinode = multinode
        self._queue = options.aws.job_queue
        definitions = JobDefinitions(flow, options, self._words, self._limit, multinode)
        self._names, self._definitions = definitions.named()

    @property
    def documents(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """See `Jobs.documents`."""
        return {"jobDefinitions": list(self._definitions.values())}

    @property
    def room(self) -> int:
        """See `Jobs.room`."""
        command = container_of(self.definition(self._flow.start))["command"]
        return MOST_OF_OVERRIDES - len(json.dumps(command)) - _OF_BATCH

    def definition(self, step: str) -> Mapping[str, Any]:
        """See `Jobs.definition`."""
        return self._definitions[self._names[step]]

    def state(self, step: str) -> dict[str, Any]:
        """See `Jobs.state`."""
        policy = self._flow.steps[step].policy
        named = quoted(f"{definitions_name(self._flow.name)}-{step}-")
        return {
            "Type": "Task",
            "Resource": _RUN_JOB,
            "Arguments": {
                **self._request(step, attempt_of(policy), named),
                "ContainerOverrides": {"Environment": environment_of(self._flow, step)},
            },
            "Retry": [_BATCH_IS_BUSY, *retries(policy)],
        }

    def gang(self, step: str) -> Mapping[str, Any] | None:
        """See `Jobs.gang`."""
        if step not in self._multinode:
            return None
        named = joined(job_prefix(self._flow), quoted(f"{step}-"))
        return asked_nodes(self._request(step, tried(), named), COUNT)

    def _words(self, step: Step) -> tuple[str, ...]:
        # Batch puts the parameters of a job in the place of words that refer to them:
        # https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
        options = (Option.RUN, Option.PATH, Option.ATTEMPT)
        references = {option: f"Ref::{option.value}" for option in options}
        node = {Option.MEMBER: _NODE} if step.name in self._multinode else {}
        return words("Ref::step", {**references, **node}, {}, {})

    def _limit(self, step: Step) -> int | None:
        return time_limit(step.policy, starts=step.name in self._multinode)

    def _request(self, step: str, attempt: str, named: str) -> dict[str, Any]:
        batch = self._flow.steps[step].batch
        return {
            "JobName": expression(_job_name(named)),
            "JobQueue": (batch.queue if batch else "") or self._queue,
            "JobDefinition": self._names[step],
            "Parameters": {
                "step": step,
                "run": expression(RUN_ID),
                "path": expression(PATH),
                "attempt": attempt,
            },
        }


def _job_name(beginning: str) -> str:
    name = joined(beginning, f"$replace({PATH}, '.', '-')")
    return f"$substring({name}, 0, {_JOB_NAME_LIMIT})"


def attempt_of(policy: Policy) -> str:
    """Which attempt of a step a task is, where the state's own retries start it again."""
    # RetryCount also counts what never ran, as where Batch was busy; a fallback must not come
    # before the attempts that it stands in for.
    return "auto" if policy.catch else expression(ATTEMPT)
