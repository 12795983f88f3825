"""Schedules of EventBridge and their groups, as parts of a deployment.

A schedule has no tags, so it belongs to whom its group belongs to.
"""

from __future__ import annotations

import time
from typing import Any

from flowc.deploy.resources import Body, Live
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.shape import without
from flowc.deploy.step_functions.tags import OWNER, Tags, decided, pairs, surplus, tags_in
from flowc.deploy.step_functions.waiting import found, patiently
from flowc.errors import EngineError

_MISSING = "ResourceNotFoundException"
_CONFLICT = "ConflictException"

_PAUSES = (0.5, 1, 2, 4)

# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_GetSchedule.html
_OF_AWS = (
    "Arn",
    "Name",
    "GroupName",
    "CreationDate",
    "LastModificationDate",
    "State",
    "ResponseMetadata",
)
_DEFAULTS = {"ActionAfterCompletion": "NONE", "ScheduleExpressionTimezone": "UTC"}
_TARGET_DEFAULTS = {
    "RetryPolicy": {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
}


class ScheduleGroups:
    """See `Kind`."""

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self._place = place

    def read(self, name: str, wanted: Body) -> Live | None:
        group = found(lambda: self._client.get_schedule_group(Name=name), _MISSING)
        if group is None or group["State"] == "DELETING":
            return None
        tags = group_tags(self._client, self._place, name)
        return Live({"tags": decided(tags, wanted)}, tags.get(OWNER, ""))

    def create(self, name: str, body: Body) -> None:
        # A group of the name may still be on its way out.
        asked = {"Name": name, "Tags": pairs(body["tags"], "Key", "Value")}
        patiently(lambda: self._client.create_schedule_group(**asked), (_CONFLICT,))

    def update(self, name: str, body: Body, live: Live) -> None:
        arn = self._place.group(name)
        self._client.tag_resource(ResourceArn=arn, Tags=pairs(body["tags"], "Key", "Value"))
        if keys := surplus(live.body, body):
            self._client.untag_resource(ResourceArn=arn, TagKeys=keys)

    def delete(self, name: str) -> None:
        """Delete a group without schedules; with it would go those that somebody else has made."""
        for pause in _PAUSES:
            left = self._schedules(name)
            if not left:
                found(lambda: self._client.delete_schedule_group(Name=name), _MISSING)
                return
            # A schedule that was deleted just now may still be listed.
            time.sleep(pause)
        raise EngineError(
            f"schedule group {name} has schedules that are not of the deployment "
            f"({', '.join(left)}): move them to another group, and deploy again"
        )

    def _schedules(self, name: str) -> list[str]:
        """The names of some schedules in a group."""
        listed = found(lambda: self._client.list_schedules(GroupName=name, MaxResults=5), _MISSING)
        return [each["Name"] for each in listed["Schedules"]] if listed else []


class Schedules:
    """See `Kind`; a name is that of the group, a slash, and that of the schedule in it."""

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self._place = place

    def read(self, name: str, wanted: Body) -> Live | None:
        """Nothing is said of whether it is enabled, which is for operators to decide."""
        answer = self._get(name)
        if answer is None:
            return None
        body = {key: value for key, value in answer.items() if key not in _OF_AWS}
        if wanted:
            body = without(body, _DEFAULTS, wanted)
            body["Target"] = without(body["Target"], _TARGET_DEFAULTS, wanted["Target"])
        tags = group_tags(self._client, self._place, _split(name)["GroupName"])
        return Live(body, tags.get(OWNER, ""), str(answer.get("LastModificationDate", "")))

    def create(self, name: str, body: Body) -> None:
        # A group that was made just now is not known everywhere at once.
        asked = {**_split(name), **body}
        patiently(lambda: self._client.create_schedule(**asked), (_MISSING,), seconds=10)

    def update(self, name: str, body: Body, live: Live) -> None:
        """Replace all of a schedule but whether it is enabled."""
        answer = self._get(name) or {}
        state = answer.get("State", "ENABLED")
        self._client.update_schedule(**_split(name), **body, State=state)

    def delete(self, name: str) -> None:
        found(lambda: self._client.delete_schedule(**_split(name)), _MISSING)

    def _get(self, name: str) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = found(
            lambda: self._client.get_schedule(**_split(name)), _MISSING
        )
        return answer


def group_tags(client: Any, place: Place, name: str) -> Tags:
    """The tags of a group; none if there is no such group."""
    arn = place.group(name)
    answer = found(lambda: client.list_tags_for_resource(ResourceArn=arn), _MISSING)
    return tags_in(answer["Tags"]) if answer else {}


def _split(name: str) -> dict[str, str]:
    group, _, own = name.partition("/")
    return {"GroupName": group, "Name": own}
