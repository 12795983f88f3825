"""Job definitions of AWS Batch: one for each way in which a flow's steps want to run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowc.fingerprint import sha256
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Step
from flowc.targets.command import SHIM, Option, variables, words
from flowc.targets.step_functions.devices import linux_parameters, volumes

# https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
_NAME_LIMIT = 128
_DIGEST_DIGITS = 12

# Batch ends no job sooner, and the shim itself ends a step whose time is up.
_GRACE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Roles:
    """The ARNs of the roles that jobs run in where a step names none; empty: none."""

    job: str = ""
    execution: str = ""


@dataclass(frozen=True, slots=True)
class JobDefinitions:
    """Makes the job definitions of a flow; `image` is for the steps that name none."""

    flow: Flow
    store: str
    image: str
    roles: Roles

    def named(self) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """The name of each step's definition, and the definitions in the order of their steps."""
        names: dict[str, str] = {}
        definitions: dict[str, dict[str, Any]] = {}
        for step in self.flow.steps.values():
            definition = self._definition(step)
            name = self._name(definition)
            names[step.name] = name
            definitions[name] = {"jobDefinitionName": name, **definition}
        return names, list(definitions.values())

    def _name(self, definition: Mapping[str, Any]) -> str:
        # What is in a definition names it, so that registering it again is never needed and steps
        # of executions that go on keep what they were started with.
        digest = sha256(json.dumps(definition, sort_keys=True))[:_DIGEST_DIGITS]
        return f"{self.flow.name[: _NAME_LIMIT - _DIGEST_DIGITS - 1]}-{digest}"

    def _definition(self, step: Step) -> dict[str, Any]:
        batch = step.batch or BatchJob()
        timeout = step.policy.timeout
        limit = {"timeout": {"attemptDurationSeconds": timeout + _GRACE_SECONDS}} if timeout else {}
        tags = {"tags": dict(batch.aws_batch_tags)} if batch.aws_batch_tags else {}
        return {
            "type": "container",
            "containerProperties": self._container(step, batch),
            **limit,
            "propagateTags": True,
            **tags,
        }

    def _container(self, step: Step, batch: BatchJob) -> dict[str, Any]:
        job_role = batch.iam_role or self.roles.job
        execution_role = batch.execution_role or self.roles.execution
        devices = linux_parameters(step.compute, batch)
        return {
            "image": step.compute.image or self.image,
            "command": list(_command()),
            "environment": _named_values(self._environment(step)),
            "resourceRequirements": list(_requirements(step.compute)),
            **({"jobRoleArn": job_role} if job_role else {}),
            **({"executionRoleArn": execution_role} if execution_role else {}),
            **({"linuxParameters": devices} if devices else {}),
            **volumes(batch),
            **_storage(batch),
            **({"privileged": True} if batch.privileged else {}),
            **_logs(batch),
        }

    def _environment(self, step: Step) -> dict[str, str]:
        tmpfs = step.compute.tmpfs
        own = {"METAFLOW_TEMPDIR": tmpfs.path} if tmpfs and tmpfs.tempdir else {}
        return {**own, **step.environment, **variables({Option.STORE: self.store})}


def _command() -> tuple[str, ...]:
    # Batch puts the parameters of a job in the place of words that refer to them:
    # https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
    options = (Option.RUN, Option.PATH, Option.ATTEMPT)
    references = {option: f"Ref::{option.value}" for option in options}
    return (*SHIM, *words("Ref::step", references, {}, {}))


def _requirements(compute: Compute) -> Iterator[dict[str, str]]:
    cpu = f"{compute.cpu:g}"
    yield {"type": "VCPU", "value": cpu}
    yield {"type": "MEMORY", "value": str(compute.memory_mb)}
    if compute.gpu:
        yield {"type": "GPU", "value": str(compute.gpu)}


def _named_values(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs.items()]


def _storage(batch: BatchJob) -> dict[str, Any]:
    if batch.ephemeral_storage is None:
        return {}
    return {"ephemeralStorage": {"sizeInGiB": batch.ephemeral_storage}}


def _logs(batch: BatchJob) -> dict[str, Any]:
    if not batch.log_driver and not batch.log_options:
        return {}
    pairs = (option.partition(":") for option in batch.log_options)
    options = {key: value for key, _, value in pairs}
    return {
        "logConfiguration": {
            "logDriver": batch.log_driver or "awslogs",
            **({"options": options} if options else {}),
        }
    }
