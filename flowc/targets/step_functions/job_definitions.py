"""Job definitions of AWS Batch: one for each way in which a flow's steps want to run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from math import ceil
from typing import Any

from flowc.fingerprint import sha256
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Step
from flowc.targets.command import Option, variables, words
from flowc.targets.start import shim_words, shortened
from flowc.targets.step_functions.devices import linux_parameters, volumes
from flowc.targets.step_functions.fargate import PLATFORM, public_ip, size_of, storage
from flowc.targets.step_functions.jobs import tags_of, time_limit
from flowc.targets.step_functions.naming import definitions_name
from flowc.targets.target import AwsCompute, CompileOptions

# https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
_NAME_LIMIT = 128
_DIGEST_DIGITS = 12

# The variable by which a node of a multi-node job knows which one it is.
_NODE = "AWS_BATCH_JOB_NODE_INDEX"
# Each job says how many it has. A definition must say it too, and one node would be a job as any.
_NODES = 2


class JobDefinitions:
    """Makes the job definitions of a flow; steps in `multinode` have several nodes."""

    def __init__(self, flow: Flow, options: CompileOptions, multinode: frozenset[str]) -> None:
        self._flow = flow
        self._options = options
        self._multinode = multinode
        self._is_fargate = options.aws.compute is AwsCompute.BATCH_FARGATE

    def named(self) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """The name of each step's definition, and the definitions by name, in the steps' order."""
        names, definitions = named(self._flow, "jobDefinitionName", self._definition)
        return names, {name: _shortened(each) for name, each in definitions.items()}

    def _definition(self, step: Step) -> dict[str, Any]:
        batch = step.batch or BatchJob()
        limit = time_limit(step.policy, starts=step.name in self._multinode)
        return {
            **self._properties(step, batch),
            **({"timeout": {"attemptDurationSeconds": limit}} if limit else {}),
            **({"platformCapabilities": ["FARGATE"]} if self._is_fargate else {}),
            "propagateTags": True,
            **tags_of(batch.aws_batch_tags),
        }

    def _properties(self, step: Step, batch: BatchJob) -> dict[str, Any]:
        if step.name not in self._multinode:
            return {"type": "container", "containerProperties": self._container(step, batch)}
        nodes = {"targetNodes": "0:", "container": self._container(step, batch)}
        properties = {"numNodes": _NODES, "mainNode": 0, "nodeRangeProperties": [nodes]}
        return {"type": "multinode", "nodeProperties": properties}

    def _container(self, step: Step, batch: BatchJob) -> dict[str, Any]:
        job_role = batch.iam_role or self._options.aws.job_role
        execution_role = batch.execution_role or self._options.aws.execution_role
        return {
            "image": step.compute.image or self._options.image,
            "command": [*shim_words(self._options.package, batch.executable), *self._words(step)],
            "environment": named_values(environment(step, self._options.store)),
            "resourceRequirements": list(self._requirements(step.compute)),
            **({"jobRoleArn": job_role} if job_role else {}),
            **({"executionRoleArn": execution_role} if execution_role else {}),
            **(self._on_fargate(batch) if self._is_fargate else _on_machine(step.compute, batch)),
            **volumes(batch),
            **_logs(batch),
        }

    def _words(self, step: Step) -> tuple[str, ...]:
        # Batch puts the parameters of a job in the place of words that refer to them:
        # https://docs.aws.amazon.com/batch/latest/userguide/job_definition_parameters.html
        options = (Option.RUN, Option.PATH, Option.ATTEMPT)
        references = {option: f"Ref::{option.value}" for option in options}
        node = {Option.MEMBER: _NODE} if step.name in self._multinode else {}
        return words("Ref::step", {**references, **node}, {}, {})

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
        address = public_ip(assigned=self._options.aws.public_ip)
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
