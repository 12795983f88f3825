"""An engine for the command line, which finds it as it finds those of flowc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.memory import Cloud, MemoryEngine

from flowc.deploy.access import Access
from flowc.deploy.resources import Key, Live, Resource
from flowc.errors import EngineError


@dataclass
class Account:
    """What the engine has, what it says of resources, and the versions of what was deployed."""

    cloud: Cloud = field(default_factory=Cloud)
    problems: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    live: str = ""
    refusal: str = ""
    store: str = ""


# As a real account, it stays when the engine has gone; each test puts a new one here.
ACCOUNTS: list[Account] = []


class Versioned(MemoryEngine):
    """Each state of the machine is a version, and the newest is live."""

    def check(self) -> None:
        if ACCOUNTS[-1].refusal:
            raise EngineError(ACCOUNTS[-1].refusal)

    def validate(self) -> Sequence[str]:
        return ACCOUNTS[-1].problems

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        found = dict(super().read(keys))
        for key, live in found.items():
            if key.kind == "machine":
                account = ACCOUNTS[-1]
                alias = "current" if account.live == account.versions[-1] else account.live
                found[key] = Live(
                    {**live.body, "alias": alias}, live.owner, live.version, account.live
                )
        return found

    def create(self, resource: Resource) -> None:
        super().create(resource)
        self._publish(resource)

    def update(self, resource: Resource, live: Live) -> None:
        kept = self.cloud.live[resource.key]
        super().update(resource, kept)
        self._publish(resource)

    def _publish(self, resource: Resource) -> None:
        if resource.key.kind == "machine":
            account = ACCOUNTS[-1]
            account.live = str(len(account.versions) + 1)
            account.versions.append(account.live)


def connect(document: Mapping[str, Any], access: Access) -> Versioned:  # noqa: ARG001 (all is in memory)
    machine = document["stateMachine"]
    jobs = document["jobDefinitions"]
    wanted: dict[Key, Mapping[str, Any]] = {
        Key("job definition", job["jobDefinitionName"]): job for job in jobs
    }
    wanted[Key("machine", machine["name"])] = {**machine, "alias": "current"}
    return Versioned(
        ACCOUNTS[-1].cloud,
        wanted,
        owner=machine["name"],
        place="account 1",
        kept=frozenset({"job definition"}),
    )
