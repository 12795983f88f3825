"""The jobs of AWS Batch and the tasks of ECS that an execution has started."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowc.deploy.step_functions.history import children, described, events
from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowc.deploy.step_functions.session import Session

# The call of AWS Batch that waits for no end.
_ASKED_ONLY = "submitJob"
_OVER = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
_DESCRIBED = 100
# What ECS keeps of a reason.
_REASON = 255


class Jobs:
    """The jobs of an execution that goes on; those of its distributed maps belong to it."""

    def __init__(self, session: Session, execution: str) -> None:
        self._session = session
        self._executions = [execution]
        # What cannot be listed is left to Step Functions, as is what items start from now on.
        with suppress(EngineError):
            self._executions += children(session, execution, "RUNNING", None)

    def end(self, why: str) -> int:
        """End those that go on; how many there were."""
        found = [
            job for each in self._executions for job in unfinished(events(self._session, each))
        ]
        jobs = sorted({job["JobId"] for job in found if "JobId" in job})
        tasks = {task["TaskArn"]: task["ClusterArn"] for task in found if "TaskArn" in task}
        return self._end_jobs(jobs, why) + self._end_tasks(tasks, why)

    def _end_jobs(self, jobs: Sequence[str], why: str) -> int:
        if not jobs:
            return 0
        batch = self._session.client("batch")
        with self._session.explained("ending jobs of AWS Batch"):
            going = list(_going(batch, jobs))
            for job in going:
                batch.terminate_job(jobId=job, reason=why)
        return len(going)

    def _end_tasks(self, tasks: Mapping[str, str], why: str) -> int:
        ended = 0
        for arn, cluster in tasks.items():
            ecs = self._session.client("ecs")
            with self._session.explained("ending tasks of ECS"):
                (found, *_) = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"] or [{}]
                if found.get("lastStatus", "STOPPED") not in _OVER:
                    ecs.stop_task(cluster=cluster, task=arn, reason=why[:_REASON])
                    ended += 1
        return ended


def unfinished(history: Iterator[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What an execution has started that was not over when it was itself."""
    found: dict[str, dict[str, Any]] = {}
    for event in history:
        started = described(event.get("taskSubmittedEventDetails", {}).get("output"))
        for job in started.get("Tasks", [started]):
            found[_name(job)] = job
        for kind in ("Succeeded", "Failed"):
            details = event.get(f"task{kind}EventDetails", {})
            ended = described(details.get("output") or details.get("cause"))
            found.pop(_name(ended), None)
            if details.get("resource") == _ASKED_ONLY:
                # A job of several nodes has only begun when it was asked for.
                found[_name(ended)] = ended
    found.pop("", None)
    return list(found.values())


def _going(batch: Any, jobs: Sequence[str]) -> Iterator[str]:
    for first in range(0, len(jobs), _DESCRIBED):
        found = batch.describe_jobs(jobs=jobs[first : first + _DESCRIBED])["jobs"]
        yield from (job["jobId"] for job in found if job["status"] not in _OVER)


def _name(job: Mapping[str, Any]) -> str:
    return str(job.get("JobId") or job.get("TaskArn") or "")
