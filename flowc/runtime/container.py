"""Where the container of a task is known, and what it writes is kept, as AWS tells it."""

from __future__ import annotations

import json
import os
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_JOB = "AWS_BATCH_JOB_ID"
_ABOUT = "ECS_CONTAINER_METADATA_URI_V4"
_SECONDS = 1


def container() -> dict[str, Any]:
    """What a task's record says of its container: the job, and its log's group and stream.

    Nothing but on AWS. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
    """
    job = os.environ.get(_JOB, "")
    address = os.environ.get(_ABOUT, "")
    if not job and not address:
        return {}
    told = {"job": job} if job else {}
    return {"aws": {**told, **(_log(address) if address else {})}}


def _log(address: str) -> dict[str, str]:
    """The group and stream, if the container's log goes to CloudWatch."""
    # A store on S3 needs it as well, and no other task should wait for its import.
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415

    host, _, path = address.partition("://")[2].partition("/")
    with suppress(OSError, HTTPException, ValueError, KeyError, TypeError):
        connection = HTTPConnection(host, timeout=_SECONDS)
        connection.request("GET", f"/{path}")
        options = json.load(connection.getresponse())["LogOptions"]
        connection.close()
        return {"group": options["awslogs-group"], "stream": options["awslogs-stream"]}
    return {}
