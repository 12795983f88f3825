"""Gangs as multi-node jobs of AWS Batch: which can be one, and the states that run it.

https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowc.ir.flow import Flow, Policy, Runtime
from flowc.ir.region import Block, Emits, Foreach, Task, inner_blocks
from flowc.names import shortened
from flowc.targets.job_definitions import definitions_name
from flowc.targets.step_functions.jobs import BUSY, THROTTLED, delay_seconds
from flowc.targets.step_functions.jsonata import (
    ENVIRONMENT,
    INPUT,
    PATH,
    RUN,
    RUN_ID,
    expression,
    joined,
    quoted,
)
from flowc.targets.target import AwsCompute, AwsGang, AwsOptions

State = dict[str, Any]

# The integration that waits for jobs by itself has no way to say how many nodes a job has:
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
_SUBMIT = "arn:aws:states:::aws-sdk:batch:submitJob"
_DESCRIBE = "arn:aws:states:::aws-sdk:batch:describeJobs"
BATCH_IS_BUSY = {
    "ErrorEquals": [
        f"Batch.{each}" for each in ("BatchException", *THROTTLED, "SdkClientException")
    ],
    **BUSY,
}

# A look costs nine events of an execution's 25,000. One after each twentieth of the time that has
# passed, at most five minutes, lets a job take a week.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 5, 300

# Of the 128 characters of a job's name, a run takes 84.
_FLOW_LIMIT = 40

_GANG = f"{INPUT}.gang"
_TRIED = f"$exists({_GANG}) ? {_GANG}.attempt : 0"


def gangs_in(block: Block) -> Iterator[Foreach]:
    """All gangs of a block, wherever they are."""
    for region in block:
        if isinstance(region, Foreach) and region.gang:
            yield region
        for inner in inner_blocks(region):
            yield from gangs_in(inner)


def head(gang: Foreach) -> str:
    """The only step of a gang's body; empty if there is more to it."""
    match gang.body:
        case (Task(step, Emits.NOTHING),):
            return step
        case _:
            return ""


def no_multinode(flow: Flow, gang: Foreach, compute: AwsCompute) -> str:
    """Why a gang cannot be a multi-node job; empty if it can."""
    if compute is not AwsCompute.BATCH:
        return "only AWS Batch on EC2 has them"
    if flow.runtime is not Runtime.NATIVE:
        return "the flow runs under Metaflow"
    return "" if head(gang) else "its members run more than a step"


def multinode_steps(flow: Flow, aws: AwsOptions) -> frozenset[str]:
    """The steps whose gangs are a job each."""
    if aws.gang is AwsGang.CONTAINERS:
        return frozenset()
    gangs = gangs_in(flow.body)
    return frozenset(head(gang) for gang in gangs if not no_multinode(flow, gang, aws.compute))


def asked_nodes(request: State, count: str) -> State:
    """A request for a job that has as many nodes as a gang has members."""
    told = {"Environment": expression(ENVIRONMENT)}
    nodes = [{"TargetNodes": "0:", "ContainerOverrides": told}]
    return {
        **request,
        "NodeOverrides": {"NumNodes": expression(count), "NodePropertyOverrides": nodes},
    }


def job_prefix(flow: Flow) -> str:
    """The expression for what the names of the jobs of a run's gangs begin with, and no others."""
    name = shortened(definitions_name(flow.name), _FLOW_LIMIT)
    run = f"$replace({RUN_ID}, /[^A-Za-z0-9_-]/, '-')"
    return joined(quoted(f"{name}-"), run, quoted("-"))


def tried() -> str:
    """Which attempt of a gang a job is, as text."""
    return expression(f"$string({_TRIED})")


@dataclass(frozen=True, slots=True)
class Names:
    """What the states of a gang are called, the first one as its step."""

    submit: str
    wait: str
    look: str
    ended: str
    again: str
    failed: str
    done: str


def gang_states(request: State, policy: Policy, names: Names) -> dict[str, State]:
    """States that run a gang's job to its end; what `done` does and leads to is the caller's."""
    return {
        names.submit: _submit(request, names),
        names.wait: {
            "Type": "Wait",
            "Seconds": expression(f"{_GANG}.wait"),
            "Next": names.look,
        },
        names.look: _look(names),
        names.ended: _ended(policy, names),
        **_again(policy, names),
        names.failed: {
            "Type": "Fail",
            "Error": "flowc.GangFailed",
            "Cause": expression(f"{quoted('job ')} & {_GANG}.job & ': ' & {_GANG}.reason"),
        },
    }


def _submit(request: State, names: Names) -> State:
    job = f"'attempt': {_TRIED}, 'job': $states.result.JobId, 'wait': {_FIRST_WAIT_SECONDS}"
    return {
        "Type": "Task",
        "Resource": _SUBMIT,
        "Arguments": request,
        "Retry": [BATCH_IS_BUSY],
        "Output": expression(f"$merge([{INPUT}, {{'gang': {{{job}}}}}])"),
        "Next": names.wait,
    }


def _look(names: Names) -> State:
    found = "$states.result.Jobs[0]"
    wait = f"$min([{_LONGEST_WAIT_SECONDS}, $ceil({_GANG}.wait * 1.05)])"
    seen = f"'status': {found}.Status, 'reason': {found}.StatusReason, 'wait': {wait}"
    return {
        "Type": "Task",
        "Resource": _DESCRIBE,
        "Arguments": {"Jobs": [expression(f"{_GANG}.job")]},
        "Retry": [BATCH_IS_BUSY],
        "Output": expression(f"$merge([{INPUT}, {{'gang': $merge([{_GANG}, {{{seen}}}])}}])"),
        "Next": names.ended,
    }


def _ended(policy: Policy, names: Names) -> State:
    has_failed = f"{_GANG}.status = 'FAILED'"
    rules: list[State] = [
        {"Condition": expression(f"{_GANG}.status = 'SUCCEEDED'"), "Next": names.done}
    ]
    if policy.attempts > 1:
        left = f"{has_failed} and {_GANG}.attempt < {policy.attempts - 1}"
        tries = {"attempt": expression(f"{_GANG}.attempt + 1")}
        onward = names.again if delay_seconds(policy) else names.submit
        rules.append(
            {
                "Condition": expression(left),
                "Output": _again_with(tries),
                "Next": onward,
            }
        )
    rules.append({"Condition": expression(has_failed), "Next": names.failed})
    return {"Type": "Choice", "Choices": rules, "Default": names.wait}


def _again(policy: Policy, names: Names) -> dict[str, State]:
    delay = delay_seconds(policy)
    if policy.attempts == 1 or not delay:
        return {}
    return {names.again: {"Type": "Wait", "Seconds": delay, "Next": names.submit}}


def _again_with(tries: State) -> State:
    return {
        "run": expression(RUN),
        "path": expression(PATH),
        "control": expression(f"{INPUT}.control"),
        "gang": tries,
    }
