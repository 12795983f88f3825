"""What a target is: it turns a flow into the manifest of one engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow

Document: TypeAlias = dict[str, Any]


class MapMode(StrEnum):
    """How items of a foreach run on Step Functions: within the execution, or in one of their own.

    `AUTO` goes by how wide the foreach may be, and how long an item's history is.
    """

    AUTO = "auto"
    INLINE = "inline"
    DISTRIBUTED = "distributed"


class AwsCompute(StrEnum):
    """What runs a step on AWS: jobs of AWS Batch, on EC2 or Fargate, or tasks of ECS on Fargate."""

    BATCH = "batch"
    BATCH_FARGATE = "batch-fargate"
    ECS = "ecs"


class AwsGang(StrEnum):
    """How a gang runs on AWS: a multi-node job, a container each, or the first where there is one.

    Only AWS Batch on EC2 has multi-node jobs.
    """

    AUTO = "auto"
    MULTINODE = "multinode"
    CONTAINERS = "containers"


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """What AWS calls the things that a flow runs with: a queue's name or ARN, the ARNs of roles.

    `machine_role` is what the state machine may do, `events_role` what schedules and rules may;
    `event_bus` is where the events of `@trigger` come from, `log_group` the ARN of where executions
    are logged. A cluster, subnets and security groups are for ECS, `public_ip` for all on Fargate.
    What is empty is not named.
    """

    job_queue: str = ""
    job_role: str = ""
    execution_role: str = ""
    machine_role: str = ""
    events_role: str = ""
    map_mode: MapMode = MapMode.AUTO
    compute: AwsCompute = AwsCompute.BATCH
    gang: AwsGang = AwsGang.AUTO
    cluster: str = ""
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    public_ip: bool = True
    event_bus: str = ""
    log_group: str = ""
    tracing: bool = False


class AirflowCompute(StrEnum):
    """What runs a step on Airflow: a pod, a process of the worker, a container, or a job on AWS."""

    KUBERNETES = "kubernetes"
    WORKER = "worker"
    DOCKER = "docker"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class AirflowOptions:
    """What only Airflow asks for.

    `connection` is the id of the connection to a cluster, a Docker Engine or AWS, `network` that of
    Docker which containers are in. With `deferrable`, no worker waits for a pod or job.
    """

    compute: AirflowCompute = AirflowCompute.KUBERNETES
    connection: str = ""
    network: str = ""
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class CodePackage:
    """A package that each task fetches before it starts: its key in the store, and its digest.

    `sha256` is of the package's content.
    """

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What whoever compiles a flow may choose, on every target.

    `max_workers` caps the tasks of each foreach, and of the run where the engine can. `image` is
    for the steps that name none. `store` is the URL of the store; empty: the target's default.
    Without a `package`, images hold the code. `name` is what the engine calls the deployment;
    empty: what follows from the flow and its project. `tags` are for all that is deployed.
    `format` is one of the target's, or empty for its first. `max_iterations` is how many rounds a
    loop of several steps has at most, where the engine has no loops.
    """

    max_workers: int = 100
    image: str = ""
    store: str = ""
    aws: AwsOptions = AwsOptions()
    airflow: AirflowOptions = AirflowOptions()
    package: CodePackage | None = None
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    format: str = ""
    max_iterations: int = 25


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an engine gets: its documents in the order to apply them, and all of them as text.

    `files` are its parts by their paths in a folder, as JSON has them; none where it has no parts.
    """

    documents: tuple[Mapping[str, Any], ...]
    text: str
    files: Mapping[str, Any] = field(default_factory=dict)


class Target(Protocol):
    """An engine that flowc compiles to. It is stateless, and asks nothing but its arguments."""

    @property
    def name(self) -> str:
        """What `--target` calls it."""

    @property
    def formats(self) -> tuple[str, ...]:
        """What `--format` may ask for, the default first."""

    def deployment_name(self, flow: Flow, name: str = "") -> str:
        """What the engine calls the deployment of a flow; `name` is what a user wants it to be."""

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """The manifest of a flow whose passes have run, and what the engine makes of the flow.

        There is no manifest if one of the diagnostics is an error. Nothing is raised for a flow.
        """
