"""Job definitions of AWS Batch: one for each way in which a flow's steps want to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from flowc.fingerprint import sha256
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Step
from flowc.targets.command import Option, variables
from flowc.targets.fargate import PLATFORM, public_ip, size_of, storage
from flowc.targets.job_devices import linux_parameters, volumes
from flowc.targets.start import shim_words, shortened
from flowc.targets.target import AwsCompute, CompileOptions

# https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
_NAME_LIMIT = 128
_DIGEST_DIGITS = 12

# Each job says how many it has. A definition must say it too, and one node would be a job as any.
_NODES = 2


@dataclass(frozen=True, slots=True)
class JobDefinitions:
    """Makes the job definitions of a flow's steps; those in `multinode` have several nodes.

    `words` are what the shim of a step is started with, and `limit` after how many seconds a job
    of it is ended, where the definition is to say that.
    """

    flow: Flow
    options: CompileOptions
    words: Callable[[Step], Sequence[str]]
    limit: Callable[[Step], int | None]
    multinode: frozenset[str] = frozenset()

    def named(self) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """The name of each step's definition, and the definitions by name, in the steps' order."""
        names, definitions = named(self.flow, "jobDefinitionName", self._definition)
        return names, {name: _shortened(each) for name, each in definitions.items()}

    @property
    def _is_fargate(self) -> bool:
        return self.options.aws.compute is AwsCompute.BATCH_FARGATE

    def _definition(self, step: Step) -> dict[str, Any]:
        batch = step.batch or BatchJob()
        tags = batch.aws_batch_tags
        limit = self.limit(step)
        return {
            **self._properties(step, batch),
            **({"timeout": {"attemptDurationSeconds": limit}} if limit else {}),
            **({"platformCapabilities": ["FARGATE"]} if self._is_fargate else {}),
            "propagateTags": True,
            **({"tags": dict(tags)} if tags else {}),
        }

    def _properties(self, step: Step, batch: BatchJob) -> dict[str, Any]:
        if step.name not in self.multinode:
            return {"type": "container", "containerProperties": self._container(step, batch)}
        nodes = {"targetNodes": "0:", "container": self._container(step, batch)}
        properties = {"numNodes": _NODES, "mainNode": 0, "nodeRangeProperties": [nodes]}
        return {"type": "multinode", "nodeProperties": properties}

    def _container(self, step: Step, batch: BatchJob) -> dict[str, Any]:
        job_role = batch.iam_role or self.options.aws.job_role
        execution_role = batch.execution_role or self.options.aws.execution_role
        return {
            "image": step.compute.image or self.options.image,
            "command": [*shim_words(self.options.package, batch.executable), *self.words(step)],
            "environment": named_values(environment(step, self.options.store)),
            "resourceRequirements": list(self._requirements(step.compute)),
            **({"jobRoleArn": job_role} if job_role else {}),
            **({"executionRoleArn": execution_role} if execution_role else {}),
            **(self._on_fargate(batch) if self._is_fargate else _on_machine(step.compute, batch)),
            **volumes(batch),
            **_logs(batch),
        }

    def _requirements(self, compute: Compute) -> Iterator[dict[str, str]]:
        # Only Fargate gives parts of a vCPU.
        cpu, memory = float(ceil(compute.cpu)), compute.memory_mb
        size = size_of(compute) if self._is_fargate else None
        if size:
            cpu, memory = size.cpu, size.memory
        yield {"type": "VCPU", "value": f"{cpu:g}"}
        yield {"type": "MEMORY", "value": str(memory)}
        if compute.gpu:
            yield {"type": "GPU", "value": str(compute.gpu)}

    def _on_fargate(self, batch: BatchJob) -> dict[str, Any]:
        address = public_ip(assigned=self.options.aws.public_ip)
        return {
            "networkConfiguration": {"assignPublicIp": address},
            "fargatePlatformConfiguration": {"platformVersion": "LATEST"},
            "runtimePlatform": PLATFORM,
            **storage(batch),
        }


def _shortened(definition: dict[str, Any]) -> dict[str, Any]:
    """A definition with a command that fits where Batch puts it, into the overrides of a task."""
    container = container_of(definition)
    container["command"] = list(shortened(container["command"]))
    return definition


def container_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The container of a definition, or of all nodes of its jobs."""
    if "nodeProperties" in definition:
        (nodes,) = definition["nodeProperties"]["nodeRangeProperties"]
        found: dict[str, Any] = nodes["container"]
        return found
    properties: dict[str, Any] = definition["containerProperties"]
    return properties


def named(
    flow: Flow, field: str, made: Callable[[Step], dict[str, Any]]
) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The name of each step's definition; the definitions, with it in a field, as steps come."""
    names: dict[str, str] = {}
    definitions: dict[str, dict[str, Any]] = {}
    for step in flow.steps.values():
        definition = made(step)
        name = _content_name(flow.name, definition)
        names[step.name] = name
        definitions[name] = {field: name, **definition}
    return names, definitions


def definitions_name(flow: str) -> str:
    """What the names of a flow's jobs and of their definitions begin with, a letter or digit."""
    return flow if flow[0].isalnum() else f"flow{flow}"


def _content_name(flow: str, definition: Mapping[str, Any]) -> str:
    """The name of a definition by what is in it.

    So registering it again is never needed, and steps of executions that go on keep what they
    were started with.
    """
    digest = sha256(json.dumps(definition, sort_keys=True))[:_DIGEST_DIGITS]
    return f"{definitions_name(flow)[: _NAME_LIMIT - _DIGEST_DIGITS - 1]}-{digest}"


def environment(step: Step, store: str) -> dict[str, str]:
    """The variables of a step's container."""
    tmpfs = step.compute.tmpfs
    own = {"METAFLOW_TEMPDIR": tmpfs.path} if tmpfs and tmpfs.tempdir else {}
    return {**own, **step.environment, **variables({Option.STORE: store})}


def named_values(pairs: Mapping[str, str]) -> list[dict[str, str]]:
    """Variables as AWS lists them."""
    return [{"name": name, "value": value} for name, value in pairs.items()]


def log_options(batch: BatchJob) -> dict[str, str]:
    """The options of a log driver."""
    pairs = (option.partition(":") for option in batch.log_options)
    return {key: value for key, _, value in pairs}


def _on_machine(compute: Compute, batch: BatchJob) -> dict[str, Any]:
    devices = linux_parameters(compute, batch)
    return {
        **({"linuxParameters": devices} if devices else {}),
        **({"privileged": True} if batch.privileged else {}),
    }


def _logs(batch: BatchJob) -> dict[str, Any]:
    if not batch.log_driver and not batch.log_options:
        return {}
    options = log_options(batch)
    return {
        "logConfiguration": {
            "logDriver": batch.log_driver or "awslogs",
            **({"options": options} if options else {}),
        }
    }
