"""What a compiled document wants of AWS, as resources in the order to make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flowc.deploy.resources import Key, Resource
from flowc.deploy.step_functions.place import Place
from flowc.deploy.step_functions.state_machines import wanted_machine
from flowc.deploy.step_functions.tags import OWNER, Tags
from flowc.names import shortened

JOB = "job definition"
TASK = "task definition"
MACHINE = "state machine"
GROUP = "schedule group"
SCHEDULE = "schedule"
RULE = "rule"

# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
_GROUP_LIMIT = 64


def wanted(document: Mapping[str, Any], place: Place) -> Iterator[Resource]:
    """What each resource names comes before it."""
    machine = placed_machine(document, place)
    tags = {**document.get("tags", {}), OWNER: machine["name"]}
    yield from _definitions(document, tags, place)
    yield Resource(Key(MACHINE, machine["name"]), wanted_machine(machine, tags))
    yield from _schedules(document, tags, place)
    yield from _rules(document, tags, place)


def placed_machine(document: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The state machine of a compiled document, as it is in a place."""
    machine = document["stateMachine"]
    return {**machine, "definition": place.served(machine["definition"])}


def _definitions(document: Mapping[str, Any], tags: Tags, place: Place) -> Iterator[Resource]:
    for job in document.get("jobDefinitions", ()):
        body = {**job, "tags": _both(tags, job.get("tags", {}))}
        name = body.pop("jobDefinitionName")
        yield Resource(Key(JOB, name), body)
    for task in document.get("taskDefinitions", ()):
        own = {each["key"]: each["value"] for each in task.get("tags", ())}
        containers = [_logged(each, place.region) for each in task["containerDefinitions"]]
        body = {**task, "containerDefinitions": containers, "tags": _both(tags, own)}
        name = body.pop("family")
        yield Resource(Key(TASK, name), body)


def _both(tags: Tags, own: Mapping[str, str]) -> Tags:
    """The tags of a definition: its own before those of all, save whose it is."""
    return {**tags, **own, OWNER: tags[OWNER]}


def _logged(container: Mapping[str, Any], region: str) -> dict[str, Any]:
    """A container whose log goes to the region that it runs in; ECS wants to be told which."""
    logs = container.get("logConfiguration", {})
    if logs.get("logDriver") != "awslogs":
        return dict(container)
    options = {"awslogs-region": region, **logs.get("options", {})}
    return {**container, "logConfiguration": {**logs, "options": options}}


def _schedules(document: Mapping[str, Any], tags: Tags, place: Place) -> Iterator[Resource]:
    made = set()
    for schedule in document.get("schedules", ()):
        body = _undecided(place.filled(dict(schedule)))
        machine = document["stateMachine"]["name"]
        group = body.pop("GroupName", "") or shortened(machine, _GROUP_LIMIT)
        if group not in made:
            made.add(group)
            yield Resource(Key(GROUP, group), {"tags": dict(tags)})
        yield Resource(Key(SCHEDULE, f"{group}/{body.pop('Name')}"), body)


def _rules(document: Mapping[str, Any], tags: Tags, place: Place) -> Iterator[Resource]:
    for rule in document.get("rules", ()):
        body = {**_undecided(place.filled(dict(rule))), "tags": dict(tags)}
        name, bus = body.pop("Name"), body.pop("EventBusName", "")
        body["Targets"] = sorted(body["Targets"], key=lambda target: str(target["Id"]))
        yield Resource(Key(RULE, f"{bus}/{name}" if bus else name), body)


def _undecided(body: dict[str, Any]) -> dict[str, Any]:
    """A schedule or rule as it is new, enabled; later on that is for operators to decide."""
    return {key: value for key, value in body.items() if key != "State"}
