"""Requests to AWS as the properties of CloudFormation's resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flowc.targets.step_functions.naming import JOB_QUEUE, PARTITION, SERVICE, parameter

# What a user has chosen the keys of.
_MAPS = frozenset({"tags", "options", "parameters", "dockerLabels"})
# Where the words of CloudFormation are not those of the service itself.
_OTHERWISE = {"efsVolumeConfiguration": "EFSVolumeConfiguration", "fileSystemId": "FilesystemId"}

# What the account decides, and who makes a stack.
_OPEN = rf"(?:AWS::(?:Partition|Region|AccountId)|{JOB_QUEUE})\}}"
_OTHER_BRACE = re.compile(rf"\$\{{(?!{_OPEN})")
_SERVICE_THERE = SERVICE.replace(":aws:", f":{PARTITION}:")


def capitalized(request: Any, *, of_ecs: bool = False) -> Any:
    """What Batch or ECS takes, in the words of their resources."""
    if isinstance(request, Mapping):
        return {
            _word(key, of_ecs=of_ecs): (
                value
                if key in _MAPS and isinstance(value, Mapping)
                else capitalized(value, of_ecs=of_ecs)
            )
            for key, value in request.items()
        }
    if isinstance(request, list):
        return [capitalized(each, of_ecs=of_ecs) for each in request]
    return request


def substituted(value: Any) -> Any:
    """A value whose texts have the account's own parts in the places of pseudo parameters."""
    if isinstance(value, Mapping):
        return {key: substituted(each) for key, each in value.items()}
    if isinstance(value, list):
        return [substituted(each) for each in value]
    if value == parameter(JOB_QUEUE):
        return {"Ref": JOB_QUEUE}
    if isinstance(value, str) and re.search(rf"\$\{{{_OPEN}", value):
        return {"Fn::Sub": _OTHER_BRACE.sub("${!", value)}
    return value


def literal(value: Any) -> Any:
    """A value whose texts stay what they are, whatever of them looks like a parameter."""
    if isinstance(value, Mapping):
        return {key: literal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [literal(each) for each in value]
    if isinstance(value, str) and "${" in value:
        return {"Fn::Join": ["${", value.split("${")]}
    return value


def opened(value: Any) -> Any:
    """A definition for `Fn::Sub`, which puts in the partition, and the queue where none is named.

    All other texts stay what they are.
    """
    match value:
        case {"Type": "Task", "Resource": str(service)}:
            there = service.replace(SERVICE, _SERVICE_THERE, 1)
            return {key: there if key == "Resource" else opened(value[key]) for key in value}
        case Mapping():
            return {key: opened(each) for key, each in value.items()}
        case list():
            return [opened(each) for each in value]
        case str() if value != parameter(JOB_QUEUE):
            return value.replace("${", "${!")
        case _:
            return value


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as most resources have them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _word(key: str, *, of_ecs: bool) -> str:
    if of_ecs and key in _OTHERWISE:
        return _OTHERWISE[key]
    return key[0].upper() + key[1:]
