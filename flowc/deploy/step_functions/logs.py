"""What containers wrote, as CloudWatch keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.deploy.runs import LogPlace
    from flowc.deploy.step_functions.session import Session

_TAIL = 100


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
