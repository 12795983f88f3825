"""Rules of EventBridge with their targets, as parts of a deployment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flowc.deploy.resources import Body, Live
from flowc.deploy.step_functions.tags import OWNER, decided, pairs, surplus, tags_in
from flowc.deploy.step_functions.waiting import found, patiently
from flowc.errors import EngineError

_MISSING = "ResourceNotFoundException"
_BUSY = "ConcurrentModificationException"
_OF_AWS = ("Name", "Arn", "EventBusName", "CreatedBy", "ManagedBy", "State", "ResponseMetadata")


class Rules:
    """See `Kind`; a name is that of the rule, after its bus and a slash where it has one."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, name: str, wanted: Body) -> Live | None:
        """Nothing is said of whether it is enabled, which is for operators to decide."""
        answer = self._describe(name)
        if answer is None:
            return None
        tags = self._client.list_tags_for_resource(ResourceARN=answer["Arn"])["Tags"]
        body = {key: value for key, value in answer.items() if key not in _OF_AWS}
        if "EventPattern" in body:
            body["EventPattern"] = json.loads(body["EventPattern"])
        body["Targets"] = self._targets(name)
        owned = tags_in(tags)
        return Live({**body, "tags": decided(owned, wanted)}, owned.get(OWNER, ""))

    def create(self, name: str, body: Body) -> None:
        self._put(name, body, Tags=pairs(body["tags"], "Key", "Value"))

    def update(self, name: str, body: Body, live: Live) -> None:
        """Replace all of a rule but whether it is enabled."""
        answer = self._describe(name)
        if answer is None:
            self.create(name, body)
            return
        self._put(name, body, State=answer["State"])
        kept = {target["Id"] for target in body["Targets"]}
        self._remove(name, [each["Id"] for each in self._targets(name) if each["Id"] not in kept])
        # Tags that go with a rule are ignored where it is there already.
        arn = answer["Arn"]
        self._client.tag_resource(ResourceARN=arn, Tags=pairs(body["tags"], "Key", "Value"))
        if keys := surplus(live.body, body):
            self._client.untag_resource(ResourceARN=arn, TagKeys=keys)

    def delete(self, name: str) -> None:
        """Delete a rule, after its targets: no other rule is taken away."""
        if self._describe(name) is None:
            return
        self._remove(name, [target["Id"] for target in self._targets(name)])
        rule = _split(name, "Name")
        found(lambda: _busily(lambda: self._client.delete_rule(**rule)), _MISSING)

    def _describe(self, name: str) -> dict[str, Any] | None:
        asked = _split(name, "Name")
        answer: dict[str, Any] | None = found(lambda: self._client.describe_rule(**asked), _MISSING)
        return answer

    def _targets(self, name: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_targets_by_rule").paginate(**_split(name, "Rule"))
        targets = [target for page in pages for target in page["Targets"]]
        return sorted(targets, key=lambda target: str(target["Id"]))

    def _put(self, name: str, body: Body, **more: Any) -> None:
        rest = {key: body[key] for key in body if key not in {"EventPattern", "Targets", "tags"}}
        if "EventPattern" in body:
            rest["EventPattern"] = json.dumps(body["EventPattern"])
        rule = {**_split(name, "Name"), **rest, **more}
        _busily(lambda: self._client.put_rule(**rule))
        targets = {**_split(name, "Rule"), "Targets": list(body["Targets"])}
        _refuse_failures(_busily(lambda: self._client.put_targets(**targets)))

    def _remove(self, name: str, ids: list[str]) -> None:
        if ids:
            asked = {**_split(name, "Rule"), "Ids": ids}
            _refuse_failures(_busily(lambda: self._client.remove_targets(**asked)))


def _busily(call: Callable[[], Any]) -> Any:
    """What a call returns, once nobody else is at the rule."""
    return patiently(call, (_BUSY,), seconds=15)


def _refuse_failures(answer: Mapping[str, Any]) -> None:
    """These calls succeed even if they have done nothing."""
    for entry in answer.get("FailedEntries", ()):
        told = f"{entry.get('ErrorCode', '?')}: {entry.get('ErrorMessage', '')}"
        raise EngineError(f"target {entry.get('TargetId', '?')} of a rule: {told}")


def _split(name: str, field: str) -> dict[str, str]:
    bus, _, own = name.rpartition("/")
    return {field: own, **({"EventBusName": bus} if bus else {})}
