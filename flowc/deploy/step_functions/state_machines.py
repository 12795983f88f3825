"""State machines with the alias that executions start from, as parts of a deployment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flowc.deploy.resources import Body, Live
from flowc.deploy.step_functions.alias import CURRENT, INITIAL, Alias, revision_of
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.shape import as_written
from flowc.deploy.step_functions.tags import OWNER, decided, pairs, surplus, tags_in
from flowc.deploy.step_functions.waiting import found, patiently
from flowc.errors import EngineError
from flowc.fingerprint import sha256

_MISSING = "StateMachineDoesNotExist"
_DELETING = "StateMachineDeleting"
_CONFLICT = "ConflictException"
_DESCRIPTION_LIMIT = 256
_DIGEST_DIGITS = 12

# What an operator may set, and keeps where the compiled document says nothing of it.
_OPTIONAL = ("loggingConfiguration", "tracingConfiguration")

# What makes a revision.
_REVISED = ("definition", "roleArn", *_OPTIONAL)


class StateMachines:
    """See `Kind`. Each update makes a version and leads the alias to it."""

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        self._place = place

    def read(self, name: str, wanted: Body) -> Live | None:
        arn = self._place.machine(name)
        machine = found(lambda: self._client.describe_state_machine(stateMachineArn=arn), _MISSING)
        if machine is None or machine["status"] == "DELETING":
            return None
        tags = tags_in(self._client.list_tags_for_resource(resourceArn=arn)["tags"])
        revision = revision_of(machine)
        alias = Alias(self._client, self._place.alias(name))
        body = {
            "definition": json.loads(machine["definition"]),
            "roleArn": machine["roleArn"],
            "type": machine["type"],
            **{key: as_written(machine[key], wanted[key]) for key in _OPTIONAL if key in wanted},
            "alias": alias.told(revision),
            "tags": decided(tags, wanted),
        }
        return Live(body, tags.get(OWNER, ""), revision, alias.serving())

    def create(self, name: str, body: Body) -> None:
        asked = {
            "name": name,
            "type": body["type"],
            "tags": pairs(body["tags"]),
            **_revision(body),
            **_published(body),
        }
        # One of that name may still be on its way out.
        made = patiently(lambda: self._client.create_state_machine(**asked), (_DELETING,))
        version = made.get("stateMachineVersionArn") or self._published(name, body, INITIAL)
        Alias(self._client, self._place.alias(name)).lead_to(version)

    def update(self, name: str, body: Body, live: Live) -> None:
        """Update what differs; where only the alias does, there may be a version already."""
        if live.body["type"] != body["type"]:
            raise EngineError(
                f"state machine {name} is of the type {live.body['type']}, which cannot be "
                f"changed to {body['type']}: delete it, or deploy with another --name"
            )
        if any(live.body.get(key) != body.get(key) for key in _REVISED):
            version = self._revised(name, body)
        elif live.body["alias"] != body["alias"]:
            version = self._published(name, body, live.version)
        else:
            version = ""
        self._tag(name, body, live)
        if version:
            alias = Alias(self._client, self._place.alias(name))
            alias.lead_to(version)
            alias.tidy(version)

    def delete(self, name: str) -> None:
        """Delete a state machine with its versions; executions that go on are let end."""
        arn = self._place.machine(name)
        found(lambda: self._client.delete_state_machine(stateMachineArn=arn), _MISSING)

    def _revised(self, name: str, body: Body) -> str:
        asked = {"stateMachineArn": self._place.machine(name), **_revision(body)}
        answer = patiently(
            lambda: self._client.update_state_machine(**asked, **_published(body)),
            (_CONFLICT,),
            seconds=15,
        )
        return str(answer["stateMachineVersionArn"])

    def _published(self, name: str, body: Body, revision: str) -> str:
        """The version of a revision, which AWS makes only once."""
        asked = {
            "stateMachineArn": self._place.machine(name),
            "revisionId": revision,
            "description": _description(body),
        }
        answer = self._client.publish_state_machine_version(**asked)
        return str(answer["stateMachineVersionArn"])

    def _tag(self, name: str, body: Body, live: Live) -> None:
        if live.body["tags"] == body["tags"]:
            return
        arn = self._place.machine(name)
        self._client.tag_resource(resourceArn=arn, tags=pairs(body["tags"]))
        if keys := surplus(live.body, body):
            self._client.untag_resource(resourceArn=arn, tagKeys=keys)


def wanted_machine(machine: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """The body of a compiled document's state machine."""
    optional = {key: machine[key] for key in _OPTIONAL if key in machine}
    return {
        "definition": machine["definition"],
        "roleArn": machine.get("roleArn", ""),
        "type": machine["type"],
        **optional,
        "alias": CURRENT,
        "tags": dict(tags),
    }


def compact(definition: Any) -> str:
    """A definition as AWS gets it."""
    return json.dumps(definition, separators=(",", ":"), ensure_ascii=False)


def _revision(body: Body) -> dict[str, Any]:
    revised = {key: body[key] for key in _REVISED if key in body}
    return {**revised, "definition": compact(body["definition"])}


def _published(body: Body) -> dict[str, Any]:
    return {"publish": True, "versionDescription": _description(body)}


def _description(body: Body) -> str:
    """What tells versions from each other: a digest of the definition, and where it is from."""
    definition = body["definition"]
    digest = sha256(compact(definition))[:_DIGEST_DIGITS]
    return f"{digest} {definition.get('Comment', '')}".strip()[:_DESCRIPTION_LIMIT]
