"""Task definitions of ECS, as parts of a deployment; they are named by what is in them."""

from __future__ import annotations

from typing import Any

from flowc.deploy.resources import Body, Live
from flowc.deploy.step_functions.shape import as_written
from flowc.deploy.step_functions.tags import OWNER, of_definition, pairs, surplus, tags_in
from flowc.deploy.step_functions.waiting import found

# What ECS answers where a family has no active revision.
_NONE = "ClientException"


class TaskDefinitions:
    """See `Kind`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, name: str, wanted: Body) -> Live | None:
        """The newest revision that is active."""
        answer = self._latest(name)
        if answer is None:
            return None
        tags = tags_in(answer.get("tags", ()))
        shaped = as_written(answer["taskDefinition"], wanted or answer["taskDefinition"])
        return Live({**shaped, "tags": of_definition(tags, wanted)}, tags.get(OWNER, ""))

    def create(self, name: str, body: Body) -> None:
        rest = {key: value for key, value in body.items() if key != "tags"}
        self._client.register_task_definition(family=name, tags=pairs(body["tags"]), **rest)

    def update(self, name: str, body: Body, live: Live) -> None:
        """Register a revision, unless only tags differ."""
        answer = self._latest(name)
        if answer is None or {**live.body, "tags": {}} != {**body, "tags": {}}:
            self.create(name, body)
            return
        arn = answer["taskDefinition"]["taskDefinitionArn"]
        self._client.tag_resource(resourceArn=arn, tags=pairs(body["tags"]))
        if keys := surplus(live.body, body):
            self._client.untag_resource(resourceArn=arn, tagKeys=keys)

    def delete(self, name: str) -> None:
        """Deregister all revisions; of those that are active, only the newest can be asked for."""
        while answer := self._latest(name):
            arn = answer["taskDefinition"]["taskDefinitionArn"]
            self._client.deregister_task_definition(taskDefinition=arn)

    def _latest(self, name: str) -> dict[str, Any] | None:
        asked = {"taskDefinition": name, "include": ["TAGS"]}
        answer: dict[str, Any] | None = found(
            lambda: self._client.describe_task_definition(**asked), _NONE
        )
        is_active = answer is not None and answer["taskDefinition"]["status"] == "ACTIVE"
        return answer if is_active else None
