"""An engine in memory, whose calls can be cut off before or after they have done something."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowc.deploy.carry_out import Deploying
from flowc.deploy.ledger import Ledger
from flowc.deploy.plan import Allowed, Item, Plan, make_plan
from flowc.deploy.record import Record
from flowc.deploy.resources import Key, Live, Resource
from flowc.errors import EngineError

NAME = "TrainFlow"
NOTHING = Allowed()
MACHINE = Key("machine", NAME)
JOB = Key("job", "train-1")
SCHEDULE = Key("schedule", NAME)


class CutOffError(Exception):
    """Whatever may end a process: a lost connection, a killed shell."""


@dataclass
class Cloud:
    """What is there, what was done to it, and what it refuses to have touched."""

    live: dict[Key, Live] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    denied: set[Key] = field(default_factory=set)

    def put(self, key: Key, body: Mapping[str, Any], owner: str = "") -> None:
        version = str(len(self.log))
        self.live[key] = Live(copy.deepcopy(dict(body)), owner, version)


class Clock:
    """Counts what is called, and cuts off at one call: before it does anything, or right after."""

    def __init__(self, at: int = -1, *, after: bool = False) -> None:
        self.calls = 0
        self._at = at
        self._after = after

    def tick(self, *, done: bool) -> None:
        self.calls += not done
        if self.calls == self._at and done == self._after:
            raise CutOffError


@dataclass
class MemoryEngine:
    """Has bodies, owners and versions, as real ones do; executions may need jobs."""

    cloud: Cloud
    wanted: Mapping[Key, Mapping[str, Any]]
    clock: Clock = field(default_factory=Clock)
    owner: str = NAME
    place: str = "memory"
    kept: frozenset[str] = frozenset({"job"})
    initial: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    insists: bool = False

    @property
    def resources(self) -> Sequence[Resource]:
        return [
            Resource(key, body, self.initial.get(key, {}), self.insists)
            for key, body in self.wanted.items()
        ]

    def check(self) -> None:
        self.clock.tick(done=False)

    def validate(self) -> Sequence[str]:
        return ()

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        self.clock.tick(done=False)
        self.clock.tick(done=True)
        return {key: self.cloud.live[key] for key in keys if key in self.cloud.live}

    def create(self, resource: Resource) -> None:
        if resource.key in self.cloud.live:
            raise EngineError(f"{resource.key} is there already")
        self._do("create", resource.key, resource.body)

    def update(self, resource: Resource, live: Live) -> None:
        if self.cloud.live.get(resource.key) != live:
            raise EngineError(f"{resource.key} is no longer what it was")
        self._do("update", resource.key, resource.body)

    def delete(self, key: Key) -> None:
        self._do("delete", key, None)

    def links(self) -> Sequence[str]:
        return ["https://console.example/TrainFlow"]

    def _do(self, verb: str, key: Key, body: Mapping[str, Any] | None) -> None:
        self.clock.tick(done=False)
        if key in self.cloud.denied:
            raise EngineError(f"{key}: denied")
        self.cloud.log.append(f"{verb} {key}")
        if body is None:
            self.cloud.live.pop(key, None)
        else:
            self.cloud.put(key, body, self.owner)
        self.clock.tick(done=True)


@dataclass(frozen=True)
class CountedLedger(Ledger):
    """A ledger whose writes can be cut off, too."""

    clock: Clock = field(default_factory=Clock)

    def write(self, record: Record) -> None:
        self.clock.tick(done=False)
        super().write(record)
        self.clock.tick(done=True)

    def keep(self, key: str, file: Path) -> None:
        self.clock.tick(done=False)
        super().keep(key, file)
        self.clock.tick(done=True)


def ledger(folder: Path, clock: Clock | None = None, name: str = NAME) -> Ledger:
    return CountedLedger(str(folder), "TrainFlow", "memory", name, clock or Clock())


def deployed(
    engine: MemoryEngine,
    book: Ledger,
    allowed: Allowed = NOTHING,
    package: str = "",
    file: Path | None = None,
) -> Plan:
    """Deploy as the command does, unless something is refused; the plan."""
    plan = make_plan(engine, book, allowed, package)
    deploying = Deploying(plan, engine, book, file, pause=lambda _seconds: None)
    if plan.is_empty:
        deploying.catch_up()
    elif not plan.refused:
        for _ in deploying.carry_out():
            pass
    return plan


def actions(plan: Plan) -> dict[Key, str]:
    return {item.key: str(item.action) for item in plan.items}


def item_of(plan: Plan, key: Key) -> Item:
    return next(item for item in plan.items if item.key == key)
