"""What containers wrote, as CloudWatch keeps it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from flowc.deploy.runs import LogPlace
from flowc.deploy.step_functions.failures import batch_log
from flowc.deploy.step_functions.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TAIL = 100


def container_log(about: Mapping[str, str]) -> Iterator[str] | None:
    """What the container wrote that a task's record tells of; `None` if nobody knows where."""
    session = _session()
    if "stream" in about:
        return read_log(session, LogPlace(about["group"], about["stream"]))
    place = _of_job(session, about.get("job", ""))
    return read_log(session, place) if place else None


def _of_job(session: Session, job: str) -> LogPlace | None:
    """Where the log of a job is; AWS Batch forgets jobs a week after their end."""
    with session.explained(f"looking for the log of the job {job}"):
        jobs = session.client("batch").describe_jobs(jobs=[job])["jobs"]
    return batch_log(jobs[0]) if jobs else None


@cache
def _session() -> Session:
    return Session()


def read_log(session: Session, place: LogPlace, *, tail: bool = False) -> Iterator[str]:
    """The lines of a stream in pieces, from its start or the last of them; none if it is gone."""
    client = session.client("logs")
    asked: dict[str, Any] = {"logGroupName": place.group, "logStreamName": place.stream}
    asked.update({"limit": _TAIL, "startFromHead": False} if tail else {"startFromHead": True})
    token = ""
    while True:
        with session.explained(f"reading the log {place.stream}"):
            try:
                found = client.get_log_events(**asked)
            except client.exceptions.ResourceNotFoundException:
                return
        if found["events"]:
            yield "".join(f"{event['message']}\n" for event in found["events"])
        # The last page leads to itself, and a page may be empty that has others after it.
        if tail or found["nextForwardToken"] == token:
            return
        token = asked["nextToken"] = found["nextForwardToken"]
