"""The state machine that a flow is deployed as, and what it says of its tasks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from flowc.deploy.step_functions.alias import Alias
from flowc.deploy.step_functions.tags import FLOW, OWNER, Tags, tags_in
from flowc.deploy.step_functions.waiting import found
from flowc.errors import EngineError

if TYPE_CHECKING:
    from flowc.deploy.step_functions.session import Session

_STORE = "FLOWC_STORE"
_LARGE = "flowc.LargeParameters"


class Machine:
    """A state machine by its name; nothing is asked before it is needed."""

    def __init__(self, session: Session, name: str) -> None:
        self.session = session
        self.name = name
        self.client = session.client("stepfunctions")

    @cached_property
    def arn(self) -> str:
        return self.session.place.machine(self.name)

    @property
    def alias(self) -> str:
        """The ARN that starts executions."""
        return self.session.place.alias(self.name)

    def execution(self, name: str) -> str:
        """The ARN of an execution."""
        return self.session.place.execution(self.name, name)

    def missing(self) -> EngineError:
        """What to raise where the state machine is not there."""
        return EngineError(
            f"nothing is deployed as `{self.name}` to {self.session.place}; "
            "`flowc deploy` does that"
        )

    @property
    def is_there(self) -> bool:
        """Whether there is a state machine of that name."""
        return self._described is not None

    def check(self) -> None:
        """Refuse a state machine that is not there, or that flowc has not made."""
        if OWNER not in self._tags:
            # Not every service that stands in for AWS says of tags that nothing has them.
            self._definition()
            raise EngineError(
                f"the state machine `{self.name}` was not made by flowc: it has no tag `{OWNER}`; "
                "`flowc deploy --adopt` takes it over"
            )

    @cached_property
    def flow(self) -> str:
        """The flow's name, by the state machine's tag; else what ends the machine's own name."""
        return self._tags.get(FLOW) or self.name.rpartition(".")[2]

    @cached_property
    def _tags(self) -> Tags:
        with self.session.explained(f"reading the tags of {self.name}"):
            try:
                found = self.client.list_tags_for_resource(resourceArn=self.arn)
            except self.client.exceptions.ResourceNotFound:
                raise self.missing() from None
        return tags_in(found.get("tags", ()))

    @cached_property
    def store(self) -> str:
        """The URL of the store, by what tasks are started with; empty if nothing says it."""
        definition = self._definition()
        found = _variable(definition)
        for name in dict.fromkeys(named(definition, "JobDefinition")):
            found = found or _variable(self._job_definition(name))
        for name in dict.fromkeys(named(definition, "TaskDefinition")):
            found = found or _variable(self._task_definition(name))
        return found

    @cached_property
    def live(self) -> Any:
        """The definition that new executions are of; empty if that is none or one of several."""
        with self.session.explained(f"reading what is live of {self.name}"):
            routes = Alias(self.client, self.alias).routes()
            if len(routes) != 1:
                return {}
            ((version, _),) = routes
            described = self.client.describe_state_machine(stateMachineArn=version)
        return json.loads(described["definition"])

    @property
    def room(self) -> int | None:
        """How many characters the parameters of an execution may have, if what is live says it."""
        large = (each for each in _objects(self.live) if each.get("Error") == _LARGE)
        told = re.search(r"more than (\d+) characters", next(large, {}).get("Cause", ""))
        return int(told[1]) if told else None

    @property
    def package(self) -> str:
        """The key of the package that tasks of what is live fetch; empty if that is none."""
        for name in dict.fromkeys(named(self.live, "JobDefinition")):
            if key := _package(self._job_definition(name)):
                return key
        for name in dict.fromkeys(named(self.live, "TaskDefinition")):
            if key := _package(self._task_definition(name)):
                return key
        return ""

    def _definition(self) -> Any:
        if self._described is None:
            raise self.missing()
        return json.loads(self._described["definition"])

    @cached_property
    def _described(self) -> dict[str, Any] | None:
        with self.session.explained(f"reading the state machine {self.name}"):
            machine: dict[str, Any] | None = found(
                lambda: self.client.describe_state_machine(stateMachineArn=self.arn),
                "StateMachineDoesNotExist",
            )
        return machine

    def _job_definition(self, name: str) -> Any:
        field = "jobDefinitions" if ":" in name else "jobDefinitionName"
        asked: Any = [name] if ":" in name else name
        with self.session.explained(f"reading the job definition {name}"):
            return self.session.client("batch").describe_job_definitions(**{field: asked})

    def _task_definition(self, name: str) -> Any:
        with self.session.explained(f"reading the task definition {name}"):
            return self.session.client("ecs").describe_task_definition(taskDefinition=name)


def named(document: Any, field: str) -> Iterator[str]:
    """The plain texts of a field, wherever in a document it is."""
    for entry in _objects(document):
        value = entry.get(field)
        if isinstance(value, str) and not value.startswith("{%"):
            yield value


def _package(document: Any) -> str:
    """The key that the words of a container name, wherever in a document they are."""
    for entry in _objects(document):
        for word, key in pairwise(entry.get("entryPoint") or entry.get("command") or ()):
            if word == "--key":
                return str(key)
    return ""


def _variable(document: Any) -> str:
    """The value of the variable with the store's URL, wherever in a document it is set."""
    for entry in _objects(document):
        name, value = (entry.get(word) or entry.get(word.lower()) for word in ("Name", "Value"))
        if name == _STORE and isinstance(value, str):
            return value
    return ""


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _objects(value)
    elif isinstance(document, list):
        for value in document:
            yield from _objects(value)
