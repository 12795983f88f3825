"""An account of AWS as the engine of a compiled flow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from flowc.deploy.access import Access
from flowc.deploy.engine import Engine
from flowc.deploy.resources import Key, Live, Resource
from flowc.deploy.step_functions.job_definitions import JobDefinitions
from flowc.deploy.step_functions.kind import Kind
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.queues import missing
from flowc.deploy.step_functions.rules import Rules
from flowc.deploy.step_functions.schedules import ScheduleGroups, Schedules
from flowc.deploy.step_functions.session import Session
from flowc.deploy.step_functions.state_machines import StateMachines
from flowc.deploy.step_functions.task_definitions import TaskDefinitions
from flowc.deploy.step_functions.validation import complaints
from flowc.deploy.step_functions.wanted import (
    GROUP,
    JOB,
    MACHINE,
    RULE,
    SCHEDULE,
    TASK,
    placed_machine,
    wanted,
)
from flowc.errors import EngineError, InternalError


def connect(
    document: Mapping[str, Any],
    session: Session | None = None,
    access: Access | None = None,  # noqa: ARG001 (the environment says where AWS is)
) -> Engine:
    """The engine that a compiled document is deployed to; nothing is asked of AWS yet."""
    return Deployment(document, session or Session())


class Deployment:
    """See `Engine`."""

    def __init__(self, document: Mapping[str, Any], session: Session) -> None:
        self._document = document
        self._session = session

    @property
    def place(self) -> str:
        """The account and region."""
        return str(self._place)

    @cached_property
    def resources(self) -> Sequence[Resource]:
        """What each is made of comes before it."""
        return tuple(wanted(self._document, self._place))

    @property
    def kept(self) -> Collection[str]:
        """The definitions that executions which go on start their tasks from."""
        return (JOB, TASK)

    def check(self) -> None:
        """Ask for credentials, region and roles."""
        _refuse_without_roles(self._document)
        _ = self._place

    def validate(self) -> Sequence[str]:
        """What AWS says against the definition and what it names, before anything is made."""
        machine = placed_machine(self._document, self._place)
        with self._session.explained("validating the state machine"):
            found = complaints(self._session.client("stepfunctions"), machine)
        return [*found, *missing(self._session, self._place, machine["definition"])]

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Live]:
        """By their names; nothing is searched for."""
        found = {key: self._read(key) for key in keys}
        return {key: live for key, live in found.items() if live is not None}

    def create(self, resource: Resource) -> None:
        """A state machine gets its first version and its alias."""
        key = resource.key
        with self._session.explained(f"making {key}"):
            self._kind(key).create(key.name, resource.body)

    def update(self, resource: Resource, live: Live) -> None:
        """Compares what is there with what was read, right before."""
        key = resource.key
        now = self._read(key)
        if now is None or (now.body, now.version) != (live.body, live.version):
            raise EngineError(
                f"{key} has changed since it was looked at: somebody else deploys just now; "
                "look at what they do, and deploy again"
            )
        with self._session.explained(f"updating {key}"):
            self._kind(key).update(key.name, resource.body, live)

    def delete(self, key: Key) -> None:
        """A group of schedules is not deleted where somebody else has schedules in it."""
        with self._session.explained(f"deleting {key}"):
            self._kind(key).delete(key.name)

    def links(self) -> Sequence[str]:
        """The state machine's page, then those of its schedules."""
        return [self._place.console(page) for page in self._pages()]

    @property
    def _place(self) -> Place:
        return self._session.place

    @cached_property
    def _bodies(self) -> Mapping[Key, Mapping[str, Any]]:
        return {resource.key: resource.body for resource in self.resources}

    def _read(self, key: Key) -> Live | None:
        with self._session.explained(f"looking at {key}"):
            return self._kind(key).read(key.name, self._bodies.get(key, {}))

    def _kind(self, key: Key) -> Kind:
        make = _KINDS.get(key.kind)
        if make is None:
            raise InternalError(f"there is no kind `{key.kind}` on AWS")
        return make(self._session, self._place)

    def _pages(self) -> Iterable[str]:
        machine = self._place.machine(self._document["stateMachine"]["name"])
        yield f"states#/statemachines/view/{machine}"
        for resource in self.resources:
            if resource.key.kind == SCHEDULE:
                yield f"scheduler#schedules/{resource.key.name}"


_KINDS: dict[str, Callable[[Session, Place], Kind]] = {
    JOB: lambda session, _: JobDefinitions(session.client("batch")),
    TASK: lambda session, _: TaskDefinitions(session.client("ecs")),
    MACHINE: lambda session, place: StateMachines(session.client("stepfunctions"), place),
    GROUP: lambda session, place: ScheduleGroups(session.client("scheduler"), place),
    SCHEDULE: lambda session, place: Schedules(session.client("scheduler"), place),
    RULE: lambda session, _: Rules(session.client("events")),
}


def _refuse_without_roles(document: Mapping[str, Any]) -> None:
    if not document["stateMachine"].get("roleArn"):
        raise EngineError(
            "the state machine has no role: pass --machine-role ARN; "
            "`flowc iam` prints what the role must allow"
        )
    targets = [schedule["Target"] for schedule in document.get("schedules", ())]
    targets += [target for rule in document.get("rules", ()) for target in rule["Targets"]]
    if not all(target.get("RoleArn") for target in targets):
        raise EngineError(
            "schedules and triggers have no role to start executions with: "
            "pass --events-role ARN; `flowc iam` prints what the role must allow"
        )
