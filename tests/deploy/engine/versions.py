"""The versions of that engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy.engine.deployment import ACCOUNTS

from flowc.deploy.access import Access
from flowc.deploy.resources import Body, Key
from flowc.deploy.versions import Version
from flowc.errors import EngineError


@dataclass(frozen=True)
class MachineVersions:
    name: str

    @property
    def flow(self) -> str:
        return "TrainFlow"

    @property
    def store(self) -> str:
        return ACCOUNTS[-1].store

    def list(self) -> list[Version]:
        account = ACCOUNTS[-1]
        return [
            Version(
                each,
                f"deploy {each}",
                datetime(2026, 1, int(each), tzinfo=UTC),
                each == account.live,
            )
            for each in reversed(account.versions)
        ]

    def activate(self, version: str) -> Mapping[Key, Body]:
        account = ACCOUNTS[-1]
        if version not in account.versions:
            raise EngineError(f"there is no version {version}")
        account.live = version
        alias = "current" if version == account.versions[-1] else version
        return {Key("machine", self.name): {"alias": alias}}


def versions(name: str, access: Access) -> MachineVersions:  # noqa: ARG001 (all is in memory)
    return MachineVersions(name)
