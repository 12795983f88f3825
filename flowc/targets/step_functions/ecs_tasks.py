"""Steps as tasks of ECS on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowc.ir.flow import Flow, Policy
from flowc.targets.command import Option, words
from flowc.targets.fargate import public_ip
from flowc.targets.step_functions.batch_jobs import attempt_of
from flowc.targets.step_functions.given import environment_of
from flowc.targets.step_functions.jobs import BUSY, MOST_OF_OVERRIDES, retries, time_limit
from flowc.targets.step_functions.jsonata import PATH, RUN_ID, expression
from flowc.targets.step_functions.task_definitions import CONTAINER, TaskDefinitions
from flowc.targets.target import AwsOptions, CompileOptions

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
_RUN_TASK = "arn:aws:states:::ecs:runTask.sync"

# The rest of what the first task is told.
_OF_A_TASK = 500

# Fargate may have no room for a moment, which is one of these errors:
# https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity
_ECS_IS_BUSY = {
    "ErrorEquals": ["ECS.AmazonECSException", "ECS.ServerException", "AmazonECS.Unknown"],
    **BUSY,
}


class EcsTasks:
    """The steps of a flow as tasks of a cluster, in subnets of the user's."""

    def __init__(self, flow: Flow, options: CompileOptions) -> None:
        self._flow = flow
        self._aws = options.aws
        self._names, self._definitions = TaskDefinitions(flow, options).named()

    @property
    def documents(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """See `Jobs.documents`."""
        return {"taskDefinitions": list(self._definitions.values())}

    @property
    def room(self) -> int:
        """See `Jobs.room`."""
        return MOST_OF_OVERRIDES - _OF_A_TASK

    def definition(self, step: str) -> Mapping[str, Any]:
        """See `Jobs.definition`."""
        return self._definitions[self._names[step]]

    def state(self, step: str) -> dict[str, Any]:
        """See `Jobs.state`."""
        policy = self._flow.steps[step].policy
        limit = time_limit(policy, starts=True)
        return {
            "Type": "Task",
            "Resource": _RUN_TASK,
            "Arguments": {
                "LaunchType": "FARGATE",
                "Cluster": self._aws.cluster,
                "TaskDefinition": self._names[step],
                "NetworkConfiguration": {"AwsvpcConfiguration": _network(self._aws)},
                "PropagateTags": "TASK_DEFINITION",
                "Overrides": {"ContainerOverrides": [self._told(step, policy)]},
            },
            **({"TimeoutSeconds": limit} if limit else {}),
            "Retry": [_ECS_IS_BUSY, *retries(policy)],
        }

    def gang(self, step: str) -> None:
        """See `Jobs.gang`."""
        return

    def _told(self, step: str, policy: Policy) -> dict[str, Any]:
        options = {
            Option.RUN: expression(RUN_ID),
            Option.PATH: expression(PATH),
            Option.ATTEMPT: attempt_of(policy),
        }
        return {
            "Name": CONTAINER,
            "Command": list(words(step, options, {}, {})),
            "Environment": environment_of(self._flow, step),
        }


def _network(aws: AwsOptions) -> dict[str, Any]:
    groups = list(aws.security_groups)
    return {
        "Subnets": list(aws.subnets),
        **({"SecurityGroups": groups} if groups else {}),
        "AssignPublicIp": public_ip(assigned=aws.public_ip),
    }
