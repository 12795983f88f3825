"""A compiled document as a template of CloudFormation, for teams that deploy by stacks.

Roles that were not named are made from the document's policies. Executions that go on, and a way
back, need what was there before, so versions and job definitions outlive what replaces them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from flowc.targets.step_functions.definition import compact
from flowc.targets.step_functions.naming import ALIAS, IMAGE, JOB_QUEUE, parameter
from flowc.targets.step_functions.properties import (
    capitalized,
    literal,
    opened,
    substituted,
    tag_list,
)

Document: TypeAlias = Mapping[str, Any]
Resource: TypeAlias = dict[str, Any]

_OBSERVING = ("loggingConfiguration", "tracingConfiguration")
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_MACHINE, _VERSION, _LIVE, _GROUP = "Machine", "Version", "Live", "Group"
# What the document calls the roles, and what the template does.
_ROLES = {
    "machine": "MachineRole",
    "jobs": "JobRole",
    "execution": "ExecutionRole",
    "events": "EventsRole",
}


def template(document: Document) -> dict[str, Any]:
    """The template, which asks for what nobody has named, and makes the roles itself."""
    resources = {
        **dict(_jobs(document)),
        **dict(_tasks(document)),
        **_machine(document),
        **dict(_schedules(document)),
        **dict(_rules(document)),
    }
    used = set(_names_in(resources))
    roles = {name: _role(document, key) for key, name in _ROLES.items() if name in used}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": document["stateMachine"]["definition"]["Comment"][:1024],
        **_parameters(used),
        "Resources": {**roles, **resources},
        "Outputs": {"StateMachine": {"Value": _ref(_MACHINE)}, "Alias": {"Value": _ref(_LIVE)}},
    }


def _parameters(used: set[str]) -> dict[str, Resource]:
    asked = {
        IMAGE: "The image of steps that name none",
        JOB_QUEUE: "The ARN of the queue of AWS Batch for steps that name none",
    }
    found = {
        name: {"Type": "String", "Description": what}
        for name, what in asked.items()
        if name in used
    }
    return {"Parameters": found} if found else {}


def _jobs(document: Document) -> Iterator[tuple[str, Resource]]:
    has_execution_role = "execution" in document["policies"]
    for definition in document.get("jobDefinitions", ()):
        properties = literal(capitalized(definition))
        for container in _containers(properties):
            _ask_for_image(container)
            container.setdefault("JobRoleArn", _role_arn("jobs"))
            if has_execution_role:
                container.setdefault("ExecutionRoleArn", _role_arn("execution"))
        properties["Tags"] = {**document["tags"], **properties.get("Tags", {})}
        name = definition["jobDefinitionName"]
        yield _logical("Job", name), _resource("Batch::JobDefinition", properties, **_KEPT)


def _tasks(document: Document) -> Iterator[tuple[str, Resource]]:
    for definition in document.get("taskDefinitions", ()):
        properties = literal(capitalized(definition, of_ecs=True))
        for container in properties["ContainerDefinitions"]:
            _ask_for_image(container)
            logs = container.get("LogConfiguration", {})
            if logs.get("LogDriver") == "awslogs":
                # Only a stack knows where its logs are.
                logs.setdefault("Options", {}).setdefault("awslogs-region", _ref("AWS::Region"))
        properties.setdefault("TaskRoleArn", _role_arn("jobs"))
        properties.setdefault("ExecutionRoleArn", _role_arn("execution"))
        own = {each["Key"]: each["Value"] for each in properties.get("Tags", ())}
        properties["Tags"] = tag_list({**document["tags"], **own})
        name = definition["family"]
        yield _logical("Task", name), _resource("ECS::TaskDefinition", properties, **_KEPT)


def _ask_for_image(container: Resource) -> None:
    if container["Image"] == literal(parameter(IMAGE)):
        container["Image"] = _ref(IMAGE)


def _containers(definition: Resource) -> Iterator[Resource]:
    if "ContainerProperties" in definition:
        yield definition["ContainerProperties"]
    for each in definition.get("NodeProperties", {}).get("NodeRangeProperties", ()):
        yield each["Container"]


def _machine(document: Document) -> dict[str, Resource]:
    machine = document["stateMachine"]
    properties = {
        "StateMachineName": machine["name"],
        "StateMachineType": machine["type"],
        # As a text it comes to Step Functions byte by byte, with numbers that are numbers.
        "DefinitionString": {"Fn::Sub": compact(opened(machine["definition"]))},
        "RoleArn": machine.get("roleArn", _role_arn("machine")),
        "Tags": tag_list(document["tags"]),
        **literal(capitalized({key: machine[key] for key in _OBSERVING if key in machine})),
    }
    revision = {"Fn::GetAtt": [_MACHINE, "StateMachineRevisionId"]}
    version = {"StateMachineArn": _ref(_MACHINE), "StateMachineRevisionId": revision}
    routing = [{"StateMachineVersionArn": _ref(_VERSION), "Weight": 100}]
    # What starts executions must find their jobs.
    after = [name for name, _ in (*_jobs(document), *_tasks(document))]
    return {
        _MACHINE: _resource("StepFunctions::StateMachine", properties),
        _VERSION: _resource("StepFunctions::StateMachineVersion", version, **_KEPT),
        _LIVE: _resource(
            "StepFunctions::StateMachineAlias",
            {"Name": ALIAS, "RoutingConfiguration": routing},
            DependsOn=after,
        ),
    }


def _schedules(document: Document) -> Iterator[tuple[str, Resource]]:
    entries = document.get("schedules", ())
    if not entries:
        return
    group = {"Name": entries[0]["GroupName"], "Tags": tag_list(document["tags"])}
    yield _GROUP, _resource("Scheduler::ScheduleGroup", group)
    for entry in entries:
        target = {"RoleArn": _role_arn("events"), **substituted(entry["Target"])}
        properties = {**entry, "GroupName": _ref(_GROUP), "Target": target}
        yield (
            _logical("Schedule", entry["Name"]),
            _resource("Scheduler::Schedule", properties, DependsOn=_LIVE),
        )


def _rules(document: Document) -> Iterator[tuple[str, Resource]]:
    for entry in document.get("rules", ()):
        targets = [
            {"RoleArn": _role_arn("events"), **substituted(target)} for target in entry["Targets"]
        ]
        tags = tag_list(document["tags"])
        properties = {**substituted(entry), "State": "ENABLED", "Targets": targets, "Tags": tags}
        yield (
            _logical("Rule", entry["Name"]),
            _resource("Events::Rule", properties, DependsOn=_LIVE),
        )


def _role(document: Document, key: str) -> Resource:
    found = document["policies"][key]
    may = {"PolicyName": "flowc", "PolicyDocument": substituted(found["policy"])}
    properties = {
        "AssumeRolePolicyDocument": found["trust"],
        "Policies": [may, *_passing(document, key)],
        "Tags": tag_list(document["tags"]),
    }
    return _resource("IAM::Role", properties)


def _passing(document: Document, key: str) -> list[Resource]:
    """What lets executions start tasks of ECS in the roles that the template makes."""
    made = [
        _role_arn(role)
        for role, given in (("jobs", "taskRoleArn"), ("execution", "executionRoleArn"))
        if any(given not in each for each in document.get("taskDefinitions", ()))
    ]
    if key != "machine" or not made:
        return []
    statement = {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": made}
    allowed = {"Version": "2012-10-17", "Statement": [statement]}
    return [{"PolicyName": "flowc-roles", "PolicyDocument": allowed}]


def _names_in(value: Any) -> Iterator[str]:
    """The roles and parameters of the template that a resource names."""
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]} | {"Ref": str(name)}:
            yield name
        case {"Fn::Sub": str(text)} if parameter(JOB_QUEUE) in text:
            yield JOB_QUEUE
        case Mapping():
            for each in value.values():
                yield from _names_in(each)
        case list():
            for each in value:
                yield from _names_in(each)


def _role_arn(key: str) -> Resource:
    return {"Fn::GetAtt": [_ROLES[key], "Arn"]}


def _ref(name: str) -> Resource:
    return {"Ref": name}


def _resource(kind: str, properties: Resource, **rest: Any) -> Resource:
    return {"Type": f"AWS::{kind}", **rest, "Properties": properties}


def _logical(kind: str, name: str) -> str:
    """A name within the template, of letters and digits only."""
    return kind + "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", name))
