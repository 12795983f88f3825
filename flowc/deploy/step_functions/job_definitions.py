"""Job definitions of AWS Batch, as parts of a deployment.

They are named by what is in them, so that executions that go on keep theirs. What is changed in
one by hand is a new revision, which jobs would take.
"""

from __future__ import annotations

from typing import Any

from flowc.deploy.resources import Body, Live
from flowc.deploy.step_functions.shape import as_written
from flowc.deploy.step_functions.tags import OWNER, of_definition, surplus

_OF_AWS = ("jobDefinitionArn", "jobDefinitionName", "revision", "status", "tags")


class JobDefinitions:
    """See `Kind`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, name: str, wanted: Body) -> Live | None:
        """The newest revision that is active."""
        found = self._active(name)
        if not found:
            return None
        latest = found[-1]
        body = {key: value for key, value in latest.items() if key not in _OF_AWS}
        tags = latest.get("tags", {})
        shaped = as_written(body, wanted) if wanted else body
        return Live({**shaped, "tags": of_definition(tags, wanted)}, tags.get(OWNER, ""))

    def create(self, name: str, body: Body) -> None:
        self._client.register_job_definition(jobDefinitionName=name, **body)

    def update(self, name: str, body: Body, live: Live) -> None:
        """Register a revision, unless only tags differ."""
        found = self._active(name)
        if not found or {**live.body, "tags": {}} != {**body, "tags": {}}:
            self.create(name, body)
            return
        arn = found[-1]["jobDefinitionArn"]
        self._client.tag_resource(resourceArn=arn, tags=body["tags"])
        if keys := surplus(live.body, body):
            self._client.untag_resource(resourceArn=arn, tagKeys=keys)

    def delete(self, name: str) -> None:
        for each in self._active(name):
            self._client.deregister_job_definition(jobDefinition=each["jobDefinitionArn"])

    def _active(self, name: str) -> list[dict[str, Any]]:
        """The active revisions, the newest last."""
        pages = self._client.get_paginator("describe_job_definitions")
        pages = pages.paginate(jobDefinitionName=name, status="ACTIVE")
        found = [each for page in pages for each in page["jobDefinitions"]]
        return sorted(found, key=lambda each: int(each["revision"]))
