"""The jobs of AWS Batch that an execution, or one of its distributed maps, has submitted."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flowc.deploy.step_functions.history import children, events
from flowc.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.deploy.step_functions.session import Session

_OVER = frozenset({"SUCCEEDED", "FAILED"})
_DESCRIBED = 100


class Jobs:
    """The jobs of an execution that goes on; whose they are is asked while it still does."""

    def __init__(self, session: Session, execution: str) -> None:
        self._session = session
        self._executions = [execution]
        # What cannot be listed is left to Step Functions, as is what items start from now on.
        with suppress(EngineError):
            self._executions += children(session, execution, "RUNNING", None)

    def end(self, why: str) -> int:
        """End those that go on; how many there were."""
        batch = self._session.client("batch")
        going = list(self._going())
        for job in going:
            with self._session.explained(f"ending the job {job}"):
                batch.terminate_job(jobId=job, reason=why)
        return len(going)

    def _going(self) -> Iterator[str]:
        batch = self._session.client("batch")
        found = list(self._submitted())
        for first in range(0, len(found), _DESCRIBED):
            with self._session.explained("looking at the jobs"):
                jobs = batch.describe_jobs(jobs=found[first : first + _DESCRIBED])["jobs"]
            yield from (job["jobId"] for job in jobs if job["status"] not in _OVER)

    def _submitted(self) -> Iterator[str]:
        """The jobs that were not over when their execution was."""
        for execution in self._executions:
            jobs: dict[str, None] = {}
            for event in events(self._session, execution):
                if job := _job(event.get("taskSubmittedEventDetails", {}).get("output")):
                    jobs[job] = None
                for kind in ("Succeeded", "Failed"):
                    details = event.get(f"task{kind}EventDetails", {})
                    jobs.pop(_job(details.get("output") or details.get("cause")), None)
            yield from jobs


def _job(text: str | None) -> str:
    """The id of the job that a text describes, if it does."""
    try:
        found: Any = json.loads(text or "")
    except ValueError:
        return ""
    return str(found.get("JobId", "")) if isinstance(found, dict) else ""
