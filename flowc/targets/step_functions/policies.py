"""What the roles of a deployment may do, no more than they need, and who may be in them.

What a state machine may do follows from its own definition: the services that its states call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from flowc.ir.flow import Flow
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions import observing
from flowc.targets.step_functions.deployer import deployer
from flowc.targets.step_functions.naming import (
    ALIAS,
    JOB_QUEUE,
    PARTITION,
    arn,
    machine_arn,
    parameter,
)
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

_BATCH_RULE = "rule/StepFunctionsGetEventsForBatchJobsRule"
_ECS_RULE = "rule/StepFunctionsGetEventsForECSTaskRule"
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_ECR_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com[^/]*/([^:@]+)")
_TASKS = "ecs-tasks.amazonaws.com"


def policies(flow: Flow, bucket: Bucket, document: Document) -> dict[str, Any]:
    """The roles, each with its `trust` and its `policy`: of executions, of jobs, and so on."""
    found = {
        "machine": _role(["states.amazonaws.com"], _machine(flow, bucket, document)),
        "jobs": _role([_TASKS], _jobs(flow, bucket)),
    }
    starters = _starters(document)
    if starters:
        found["events"] = _role(starters, [_starting(document["stateMachine"]["name"])])
    if _needs_execution_role(document):
        found["execution"] = _role([_TASKS], _execution(document))
    return {**found, "deployer": deployer(flow, bucket, document)}


def _role(services: list[str], statements: Iterable[Statement]) -> dict[str, Any]:
    who = services[0] if len(services) == 1 else services
    trust = {"Effect": "Allow", "Principal": {"Service": who}, "Action": "sts:AssumeRole"}
    return {"trust": policy([trust]), "policy": policy(statements)}


def _machine(flow: Flow, bucket: Bucket, document: Document) -> Iterator[Statement]:
    name = document["stateMachine"]["name"]
    tasks = list(_calls(document["stateMachine"]["definition"]))
    called = " ".join(task.get("Resource", "") for task in tasks)
    if "batch:submitJob" in called:
        yield from _submitting(flow, tasks)
    if ":ecs:" in called:
        yield from _running(flow, document)
    if "s3:getObject" in called:
        yield allow(["s3:GetObject"], [objects(bucket, f"{flow.name}/*/_flowc/*")])
    if ":::s3:putObject" in called:
        yield allow(["s3:PutObject"], [objects(bucket, f"{flow.name}/*")])
    if "aws-sdk:s3:putObject" in called:
        marks = f"{flow.name}/_flowc/events/*"
        yield allow(["s3:GetObject", "s3:PutObject"], [objects(bucket, marks)])
        yield listing(bucket, marks)
    yield from observing.statements(document["stateMachine"])
    if any(task.get("Mode") == "DISTRIBUTED" for task in tasks):
        # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        yield allow(["states:StartExecution"], [machine_arn(name)])
        children = [arn("states", f"execution:{name}:*"), arn("states", f"execution:{name}/*")]
        actions = ["DescribeExecution", "StopExecution", "RedriveExecution"]
        yield allow([f"states:{action}" for action in actions], children)


def _submitting(flow: Flow, tasks: list[Document]) -> Iterator[Statement]:
    queues = [task["JobQueue"] for task in tasks if "JobQueue" in task]
    # Executions that go on use the definitions that they were started with.
    submitted = [definitions_of(flow), *(_named("batch", "job-queue", each) for each in queues)]
    yield allow(["batch:SubmitJob"], submitted)
    yield allow(["batch:TerminateJob"], [arn("batch", "job/*")])
    # Looking at jobs cannot be allowed for some of them.
    lists = any(task.get("Resource", "").endswith("batch:listJobs") for task in tasks)
    yield allow(["batch:DescribeJobs", *(["batch:ListJobs"] if lists else [])], ["*"])
    yield _told(_BATCH_RULE)


def _running(flow: Flow, document: Document) -> Iterator[Statement]:
    # As with jobs: executions that go on, and rollbacks, use older ones.
    yield allow(["ecs:RunTask"], [families_of(flow)])
    yield allow(["ecs:StopTask", "ecs:DescribeTasks"], [arn("ecs", "task/*")])
    starting = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    yield allow(["ecs:TagResource"], [arn("ecs", "task/*")], Condition=starting)
    yield _told(_ECS_RULE)
    roles = _roles_of(document.get("taskDefinitions", ()))
    if roles:
        yield passing(roles, _TASKS)


def _told(rule: str) -> Statement:
    # By this rule, which AWS makes, a state machine is told of the ends of what it waits for.
    actions = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
    return allow(actions, [arn("events", rule)])


def _jobs(flow: Flow, bucket: Bucket) -> Iterator[Statement]:
    actions = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    yield allow(actions, [objects(bucket, f"{flow.name}/*")])
    yield listing(bucket, f"{flow.name}/*")
    if any(step.secrets for step in flow.steps.values()):
        from flowc.targets.step_functions.secret_arns import (  # noqa: PLC0415 (few flows)
            roles,
            secrets,
        )

        if found := list(secrets(flow)):
            yield allow(["secretsmanager:GetSecretValue"], found)
        if found := list(roles(flow)):
            yield allow(["sts:AssumeRole"], found)


def _execution(document: Document) -> Iterator[Statement]:
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    yield allow(["ecr:GetAuthorizationToken"], ["*"])
    layers = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    images = [each["image"] for each in _calls(dict(document)) if "image" in each]
    yield allow(layers, map(_repository, images))
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    yield allow(logs, [arn("logs", "log-group:*")])


def _repository(image: str) -> str:
    """The ARN of an image's repository, or of all that the account has in the region."""
    found = _ECR_IMAGE.match(image)
    if not found:
        return arn("ecr", "repository/*")
    account, region, name = found.groups()
    return f"arn:{PARTITION}:ecr:{region}:{account}:repository/{name}"


def _starters(document: Document) -> list[str]:
    services = {"schedules": "scheduler.amazonaws.com", "rules": "events.amazonaws.com"}
    return [service for key, service in services.items() if key in document]


def _starting(name: str) -> Statement:
    # Who may name the alias is told by the machine's own ARN:
    # https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    alias = {"ForAnyValue:StringEquals": {"states:StateMachineQualifier": [ALIAS]}}
    return allow(["states:StartExecution"], [machine_arn(name)], Condition=alias)


def _needs_execution_role(document: Document) -> bool:
    jobs = document.get("jobDefinitions", ())
    return "taskDefinitions" in document or any("platformCapabilities" in job for job in jobs)


def _calls(state: Any) -> Iterator[Document]:
    """All objects in a definition: states, their arguments, the modes of maps."""
    if isinstance(state, Mapping):
        yield state
        for inner in state.values():
            yield from _calls(inner)
    elif isinstance(state, list):
        for inner in state:
            yield from _calls(inner)


def _named(service: str, kind: str, name: str) -> str:
    is_arn = name.startswith("arn:") or name == parameter(JOB_QUEUE)
    return name if is_arn else arn(service, f"{kind}/{name}")


def _roles_of(definitions: Iterable[Document]) -> list[str]:
    keys = ("taskRoleArn", "executionRoleArn")
    return [each[key] for each in definitions for key in keys if each.get(key)]
