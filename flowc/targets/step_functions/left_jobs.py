"""States that end the multi-node jobs of gangs which a failed execution has left behind.

What Step Functions waits for by itself it also ends; these jobs are looked at by states of their
own, which do not run any more, and only their names tell whose they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.ir.flow import Flow
from flowc.targets.step_functions.gangs import BATCH_IS_BUSY, job_prefix
from flowc.targets.step_functions.jsonata import INPUT, PATH, RUN, expression, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flowc.targets.step_functions.states import State, States

_LIST = "arn:aws:states:::aws-sdk:batch:listJobs"
_TERMINATE = "arn:aws:states:::aws-sdk:batch:terminateJob"
_MORE = f"{INPUT}.more"
_REASON = "the execution has failed"


def left_jobs(flow: Flow, queues: Iterable[str], states: States, then: str) -> dict[str, State]:
    """For each of the queues three states, the last of which lead to `then`."""
    found: dict[str, State] = {}
    for queue in queues:
        names = [states.name(f"flowc:gangs{part}") for part in ("", ":end", ":each", ":more")]
        found = {**_of_queue(flow, queue, names, next(iter(found), then)), **found}
    return found


def _of_queue(flow: Flow, queue: str, names: list[str], then: str) -> dict[str, State]:
    first, end, each, more = names
    # How a run has ended is not for this to say.
    ignored = {"ErrorEquals": ["States.ALL"], "Output": expression(INPUT), "Next": then}
    again = {"Condition": expression(f"{_MORE} != ''"), "Next": first}
    return {
        first: {
            "Type": "Task",
            "Resource": _LIST,
            "Arguments": expression(_asked(flow, queue)),
            "Retry": [BATCH_IS_BUSY],
            "Catch": [ignored],
            "Output": _told(flow),
            "Next": end,
        },
        end: {
            "Type": "Map",
            "Items": expression(f"{INPUT}.jobs"),
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": each,
                "States": {each: _terminated()},
            },
            "Catch": [ignored],
            "Output": expression(INPUT),
            "Next": more,
        },
        more: {"Type": "Choice", "Choices": [again], "Default": then},
    }


def _asked(flow: Flow, queue: str) -> str:
    """The request for a page of the run's jobs, whatever their state is."""
    named = f"{{'Name': 'JOB_NAME', 'Values': [{job_prefix(flow)} & '*']}}"
    asked = f"{{'JobQueue': {quoted(queue)}, 'Filters': [{named}]}}"
    return f"$merge([{asked}, $exists({_MORE}) ? {{'NextToken': {_MORE}}} : {{}}])"


def _told(flow: Flow) -> State:
    found = "$states.result.JobSummaryList"
    # The filter does not tell large letters from small ones.
    ours = f"$contains($job.JobName, {job_prefix(flow)})"
    goes_on = "$not($job.Status in ['SUCCEEDED', 'FAILED'])"
    left = f"$filter({found}, function($job) {{ {ours} and {goes_on} }})"
    more = "$states.result.NextToken"
    return {
        "run": expression(RUN),
        "path": expression(PATH),
        "error": expression(f"{INPUT}.error"),
        "jobs": expression(f"[{left}.JobId]"),
        "more": expression(f"$exists({more}) ? {more} : ''"),
    }


def _terminated() -> State:
    return {
        "Type": "Task",
        "Resource": _TERMINATE,
        "Arguments": {"JobId": expression(INPUT), "Reason": _REASON},
        "Retry": [BATCH_IS_BUSY],
        "Output": {},
        "End": True,
    }
