"""What Step Functions remembers of an execution and of those that distributed maps started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowc.deploy.step_functions.session import Session

_EVENTS = 1000


def events(session: Session, execution: str) -> Iterator[dict[str, Any]]:
    """The events of an execution, in their order; there are 25,000 at most."""
    client = session.client("stepfunctions")
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=execution, includeExecutionData=True, PaginationConfig={"PageSize": _EVENTS}
    )
    with session.explained("reading what has happened"):
        for page in pages:
            yield from page["events"]


def described(text: str | None) -> dict[str, Any]:
    """What a text of JSON in an event describes; nothing if it is another."""
    try:
        found: Any = json.loads(text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def children(session: Session, execution: str, status: str, limit: int | None) -> Iterator[str]:
    """The executions with a status that the distributed maps of an execution have started."""
    client = session.client("stepfunctions")
    with session.explained("listing what maps have started"):
        for page in client.get_paginator("list_map_runs").paginate(executionArn=execution):
            for found in page["mapRuns"]:
                yield from _of_map(session, found["mapRunArn"], status, limit)


def _of_map(session: Session, arn: str, status: str, limit: int | None) -> Iterator[str]:
    pages = (
        session.client("stepfunctions")
        .get_paginator("list_executions")
        .paginate(mapRunArn=arn, statusFilter=status, PaginationConfig={"MaxItems": limit})
    )
    for page in pages:
        yield from (each["executionArn"] for each in page["executions"])
