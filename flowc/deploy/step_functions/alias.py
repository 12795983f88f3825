"""The alias of a state machine, and the versions that it may lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowc.deploy.step_functions.place import ALIAS
from flowc.deploy.step_functions.waiting import found, patiently

# That the alias leads to the version of what the state machine is now; that there is no alias.
CURRENT = "current"
ABSENT = "absent"

_MISSING = ("ResourceNotFound", "ResourceNotFoundException", "StateMachineDoesNotExist")
_BUSY = ("ConflictException",)

# The revision of a state machine that was never updated: AWS takes this name, and tells none.
INITIAL = "INITIAL"

# AWS keeps 1,000 versions at most.
_KEPT = 100


class Alias:
    """The alias of one state machine, by its ARN."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def told(self, revision: str) -> str:
        """Where the alias leads, for a state machine that is at a revision."""
        routes = self.routes()
        if not routes:
            return ABSENT
        (first, weight), *others = routes
        if others or weight != 100:
            return ", ".join(f"{_named(arn)} ({weight} %)" for arn, weight in routes)
        is_current = self._revision(first) == revision
        return CURRENT if is_current else _named(first)

    def serving(self) -> str:
        """The number of the version that it leads to; empty if that is none or several."""
        routes = self.routes()
        return str(number(routes[0][0])) if len(routes) == 1 else ""

    def routes(self) -> list[tuple[str, int]]:
        """The ARNs of the versions that it leads to, with how many executions of 100 get each."""
        asked = {"stateMachineAliasArn": self._arn}
        alias = found(lambda: self._client.describe_state_machine_alias(**asked), *_MISSING)
        routing = alias["routingConfiguration"] if alias else ()
        return [(each["stateMachineVersionArn"], each["weight"]) for each in routing]

    def lead_to(self, version: str) -> None:
        """Let the alias lead to a version; it is made if need be."""
        routing = [{"stateMachineVersionArn": version, "weight": 100}]
        asked = {"stateMachineAliasArn": self._arn, "routingConfiguration": routing}
        moved = found(
            lambda: patiently(
                lambda: self._client.update_state_machine_alias(**asked), _BUSY, seconds=15
            ),
            *_MISSING,
        )
        if moved is None:
            made = {"name": ALIAS, "routingConfiguration": routing}
            patiently(lambda: self._client.create_state_machine_alias(**made), _BUSY, seconds=15)

    def tidy(self, version: str) -> None:
        """Delete the oldest versions, once there are many; AWS keeps those that an alias names."""
        if number(version) <= _KEPT:
            return
        for old in self.versions()[_KEPT:]:
            self._drop(old["stateMachineVersionArn"])

    def versions(self) -> list[dict[str, Any]]:
        """The versions with their times, the newest first; none if there is no state machine."""
        asked = {"stateMachineArn": self._arn.rpartition(":")[0], "maxResults": 1000}
        answer = found(lambda: self._client.list_state_machine_versions(**asked), *_MISSING)
        listed = answer["stateMachineVersions"] if answer else ()
        return sorted(listed, key=lambda each: -number(each["stateMachineVersionArn"]))

    def _drop(self, version: str) -> None:
        asked = {"stateMachineVersionArn": version}
        found(lambda: self._client.delete_state_machine_version(**asked), *_BUSY)

    def _revision(self, version: str) -> str:
        asked = {"stateMachineArn": version}
        machine = found(lambda: self._client.describe_state_machine(**asked), *_MISSING)
        return revision_of(machine) if machine else ""


def revision_of(machine: Mapping[str, Any]) -> str:
    """What AWS calls the state of a state machine, or that which a version was made of."""
    return str(machine.get("revisionId") or INITIAL)


def number(version: str) -> int:
    """The number of a version, by its ARN."""
    return int(version.rpartition(":")[2])


def _named(version: str) -> str:
    return f"version {number(version)}"
