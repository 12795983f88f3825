"""The versions of a state machine, and the way back to one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from flowc.deploy.access import Access
from flowc.deploy.resources import Body, Key
from flowc.deploy.step_functions.alias import CURRENT, Alias, number, revision_of
from flowc.deploy.step_functions.job_definitions import JobDefinitions
from flowc.deploy.step_functions.kind import Kind
from flowc.deploy.step_functions.machine import Machine, named
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.session import Session
from flowc.deploy.step_functions.task_definitions import TaskDefinitions
from flowc.deploy.step_functions.waiting import found
from flowc.deploy.step_functions.wanted import JOB, MACHINE, TASK
from flowc.deploy.versions import Version, Versions
from flowc.errors import EngineError, UsageError

# AWS tells of one version at a time what it is.
_TOLD = 30


def versions(
    name: str,
    session: Session | None = None,
    access: Access | None = None,  # noqa: ARG001 (the environment says where AWS is)
) -> Versions:
    """The versions of a deployment, by its name; nothing is asked of AWS yet."""
    return MachineVersions(name, session or Session())


class MachineVersions:
    """See `Versions`; the newest thirty are told of, and any can be made live."""

    def __init__(self, name: str, session: Session) -> None:
        self._name = name
        self._session = session

    @property
    def flow(self) -> str:
        return self._machine.flow

    @property
    def store(self) -> str:
        return self._machine.store if self._machine.is_there else ""

    def list(self) -> Sequence[Version]:
        """None is live where executions are of several."""
        with self._session.explained(f"listing the versions of {self._name}"):
            routes = self._alias.routes()
            live = routes[0][0] if len(routes) == 1 else ""
            listed = self._alias.versions()
            told = [each for i, each in enumerate(listed) if i < _TOLD or _arn(each) == live]
            return [self._version(each, live) for each in told]

    def activate(self, version: str) -> Mapping[Key, Body]:
        """Lead the alias to a version; what the state machine itself is stays as it is."""
        if not version.isdecimal():
            raise UsageError(f"`{version}` is no version: they are numbers")
        arn = f"{self._place.machine(self._name)}:{version}"
        with self._session.explained(f"making version {version} of {self._name} live"):
            chosen = self._described(arn)
            machine = self._described(self._place.machine(self._name))
            if chosen is None or machine is None:
                raise EngineError(
                    f"state machine {self._name} has no version {version}; "
                    "`flowc versions` lists those that it has"
                )
            self._check(version, json.loads(chosen["definition"]))
            self._alias.lead_to(arn)
        is_current = revision_of(chosen) == revision_of(machine)
        told = CURRENT if is_current else f"version {version}"
        return {Key(MACHINE, self._name): {"alias": told}}

    def _check(self, version: str, definition: Any) -> None:
        """Refuse a version whose tasks could not start."""
        jobs = JobDefinitions(self._session.client("batch"))
        tasks = TaskDefinitions(self._session.client("ecs"))
        kinds: tuple[tuple[str, str, Kind], ...] = (
            ("JobDefinition", JOB, jobs),
            ("TaskDefinition", TASK, tasks),
        )
        missing = [
            f"{word} {name}"
            for field, word, kind in kinds
            for name in dict.fromkeys(named(definition, field))
            if kind.read(name, {}) is None
        ]
        if missing:
            raise EngineError(
                f"version {version} of {self._name} cannot run: what it needs was deleted "
                f"({', '.join(missing)}); deploy its source again"
            )

    @cached_property
    def _machine(self) -> Machine:
        return Machine(self._session, self._name)

    @cached_property
    def _place(self) -> Place:
        return self._session.place

    @cached_property
    def _alias(self) -> Alias:
        client = self._session.client("stepfunctions")
        return Alias(client, self._place.alias(self._name))

    def _version(self, listed: Mapping[str, Any], live: str) -> Version:
        arn = _arn(listed)
        described = self._described(arn) or {}
        about = str(described.get("description", ""))
        return Version(str(number(arn)), about, listed["creationDate"], arn == live)

    def _described(self, arn: str) -> dict[str, Any] | None:
        client = self._session.client("stepfunctions")
        machine: dict[str, Any] | None = found(
            lambda: client.describe_state_machine(stateMachineArn=arn), "StateMachineDoesNotExist"
        )
        return machine


def _arn(listed: Mapping[str, Any]) -> str:
    return str(listed["stateMachineVersionArn"])
