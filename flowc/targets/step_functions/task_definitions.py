"""Task definitions of ECS: one for each way in which a flow's steps want to run."""

from __future__ import annotations

from typing import Any

from flowc.ir.batch_job import BatchJob
from flowc.ir.flow import Flow, Step
from flowc.targets.fargate import LARGEST, PLATFORM, size_of, storage
from flowc.targets.job_definitions import (
    environment,
    log_options,
    named,
    named_values,
)
from flowc.targets.job_devices import volumes
from flowc.targets.start import shim_words
from flowc.targets.target import CompileOptions

# The only container of a task.
CONTAINER = "step"


class TaskDefinitions:
    """Makes the task definitions of a flow.

    A container's log goes to a group of the flow's own, in the region where the definition is
    registered: whoever registers it adds `awslogs-region`, which ECS wants to be told.
    """

    def __init__(self, flow: Flow, options: CompileOptions) -> None:
        self._flow = flow
        self._options = options

    def named(self) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """The family of each step's definition, and the definitions by family, as steps come."""
        return named(self._flow, "family", self._definition)

    def _definition(self, step: Step) -> dict[str, Any]:
        batch = step.batch or BatchJob()
        size = size_of(step.compute) or LARGEST
        role = batch.iam_role or self._options.aws.job_role
        execution_role = batch.execution_role or self._options.aws.execution_role
        mounted = volumes(batch)
        mounts = mounted.pop("mountPoints", [])
        tags = [{"key": key, "value": value} for key, value in batch.aws_batch_tags.items()]
        return {
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": PLATFORM,
            "cpu": f"{size.cpu * 1024:g}",
            "memory": str(size.memory),
            **({"taskRoleArn": role} if role else {}),
            **({"executionRoleArn": execution_role} if execution_role else {}),
            **storage(batch),
            **mounted,
            "containerDefinitions": [self._container(step, batch, mounts)],
            **({"tags": tags} if tags else {}),
        }

    def _container(
        self, step: Step, batch: BatchJob, mounts: list[dict[str, Any]]
    ) -> dict[str, Any]:
        # What a task is told takes the place of the command, and must be short; what starts the
        # shim is not.
        return {
            "name": CONTAINER,
            "image": step.compute.image or self._options.image,
            "essential": True,
            "entryPoint": list(shim_words(self._options.package, batch.executable)),
            "environment": named_values(environment(step, self._options.store)),
            **({"mountPoints": mounts} if mounts else {}),
            "logConfiguration": self._logs(batch),
        }

    def _logs(self, batch: BatchJob) -> dict[str, Any]:
        driver = batch.log_driver or "awslogs"
        own = {
            "awslogs-group": f"/flowc/{self._flow.name}",
            "awslogs-stream-prefix": "flowc",
            "awslogs-create-group": "true",
        }
        options = {**(own if driver == "awslogs" else {}), **log_options(batch)}
        return {"logDriver": driver, **({"options": options} if options else {})}
