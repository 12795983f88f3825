"""What whoever deploys a flow must be allowed to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions.naming import arn, machine_arn
from flowc.targets.step_functions.statements import (
    Statement,
    allow,
    definitions_of,
    families_of,
    listing,
    objects,
    passing,
    policy,
)

Document: TypeAlias = Mapping[str, Any]

_MACHINE = (
    *("CreateStateMachine", "DescribeStateMachine", "UpdateStateMachine", "DeleteStateMachine"),
    *("PublishStateMachineVersion", "DeleteStateMachineVersion", "ListStateMachineVersions"),
    *("CreateStateMachineAlias", "DescribeStateMachineAlias", "UpdateStateMachineAlias"),
    *("DeleteStateMachineAlias", "ListStateMachineAliases"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
    *("StartExecution", "ListExecutions"),
)
_EXECUTION = (
    *("DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution"),
    *("ListMapRuns", "DescribeMapRun", "ListExecutions"),
)
_JOB_DEFINITION = (
    *("RegisterJobDefinition", "DeregisterJobDefinition"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
)
_LOOKING = ("DescribeJobDefinitions", "DescribeJobQueues", "DescribeJobs", "ListJobs")
_TASK_DEFINITION = ("RegisterTaskDefinition", "DescribeTaskDefinition", "DeregisterTaskDefinition")
_GROUP = (
    *("CreateScheduleGroup", "GetScheduleGroup", "DeleteScheduleGroup"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
)
_SCHEDULE = ("CreateSchedule", "GetSchedule", "UpdateSchedule", "DeleteSchedule")
_RULE = (
    *("PutRule", "DescribeRule", "DeleteRule", "EnableRule", "DisableRule"),
    *("PutTargets", "ListTargetsByRule", "RemoveTargets"),
    *("TagResource", "UntagResource", "ListTagsForResource"),
)


def deployer(flow: Flow, bucket: Bucket, document: Document) -> dict[str, Any]:
    """The policy alone: who deploys is somebody already."""
    name = document["stateMachine"]["name"]
    statements = [
        *_machines(name),
        *_definitions(flow, document),
        *_starts(name),
        *_passed(document),
        *_files(flow, bucket),
    ]
    return {"policy": policy(statements)}


def _machines(name: str) -> Iterator[Statement]:
    yield allow(_of("states", _MACHINE), [machine_arn(name), f"{machine_arn(name)}:*"])
    kinds = ("execution", "mapRun")
    below = [arn("states", f"{kind}:{name}{end}*") for kind in kinds for end in (":", "/")]
    yield allow(_of("states", _EXECUTION), below)
    yield allow(["states:ValidateStateMachineDefinition"], ["*"])


def _definitions(flow: Flow, document: Document) -> Iterator[Statement]:
    yield allow(_of("batch", _JOB_DEFINITION), [definitions_of(flow)])
    # AWS lets nobody look at some of them only.
    yield allow(_of("batch", _LOOKING), ["*"])
    yield allow(["batch:TerminateJob"], [arn("batch", "job/*")])
    if document.get("taskDefinitions"):
        yield allow(_of("ecs", ("TagResource", "UntagResource")), [families_of(flow)])
        yield allow(_of("ecs", _TASK_DEFINITION), ["*"])
        yield allow(_of("ecs", ("DescribeTasks", "StopTask")), [arn("ecs", "task/*")])
        yield allow(["ecs:DescribeClusters"], [arn("ecs", "cluster/*")])
    yield allow(_of("logs", ("GetLogEvents", "FilterLogEvents")), [arn("logs", "log-group:*")])


def _starts(name: str) -> Iterator[Statement]:
    # What a flow no longer asks for is taken away by who deploys it, so this is not by what it has.
    group = name[:55]
    yield allow(_of("scheduler", _GROUP), [arn("scheduler", f"schedule-group/{group}*")])
    yield allow(_of("scheduler", _SCHEDULE), [arn("scheduler", f"schedule/{group}*/*")])
    # Looking through them cannot be allowed for some of them.
    yield allow(["scheduler:ListSchedules"], ["*"])
    yield allow(_of("events", _RULE), [arn("events", "rule/*")])


def _passed(document: Document) -> Iterator[Statement]:
    machine = document["stateMachine"].get("roleArn")
    if machine:
        yield passing([machine], "states.amazonaws.com")
    starts = document.get("schedules", ()), document.get("rules", ())
    services = "scheduler.amazonaws.com", "events.amazonaws.com"
    for entries, service in zip(starts, services, strict=True):
        if roles := [role for entry in entries for role in _starting(entry)]:
            yield passing(roles, service)
    if roles := [*_of_jobs(document)]:
        yield passing(roles, "ecs-tasks.amazonaws.com")


def _starting(entry: Document) -> list[str]:
    targets = entry.get("Targets") or [entry["Target"]]
    return [target["RoleArn"] for target in targets if "RoleArn" in target]


def _of_jobs(document: Document) -> Iterator[str]:
    definitions = [*document.get("jobDefinitions", ()), *document.get("taskDefinitions", ())]
    for definition in definitions:
        nodes = definition.get("nodeProperties", {}).get("nodeRangeProperties", ())
        containers = [definition.get("containerProperties", {}), *(n["container"] for n in nodes)]
        for each in (definition, *containers):
            keys = ("jobRoleArn", "taskRoleArn", "executionRoleArn")
            yield from (each[key] for key in keys if key in each)


def _files(flow: Flow, bucket: Bucket) -> Iterator[Statement]:
    places = ("packages", "deployments")
    below = [objects(bucket, f"{flow.name}/_flowc/{place}/*") for place in places]
    yield allow(_of("s3", ("GetObject", "PutObject", "AbortMultipartUpload")), below)
    yield allow(["s3:GetObject"], [objects(bucket, f"{flow.name}/*")])
    yield listing(bucket, f"{flow.name}/*")


def _of(service: str, actions: tuple[str, ...]) -> list[str]:
    return [f"{service}:{action}" for action in actions]
