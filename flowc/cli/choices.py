"""What commands that read a flow, and those that compile it, let their users choose."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from flowc.cli.options import (
    TIMEOUT,
    AirflowUrl,
    Branch,
    Cluster,
    ComputeChoice,
    ComputeName,
    ConfigFiles,
    ConfigValues,
    Dags,
    Environment,
    ExecutionRole,
    GangChoice,
    GangName,
    JobQueue,
    JobRole,
    MapChoice,
    Production,
    PublicIp,
    RuntimeChoice,
    RuntimeName,
    SecurityGroups,
    StoreRoot,
    Subnets,
    Timeout,
    With,
    read_asked,
)
from flowc.cli.output import tell
from flowc.cli.reading import read
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.cli.options import Asked
    from flowc.deploy.access import Access
    from flowc.driver import Reading
    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions


@dataclass(frozen=True)
class FlowChoices:
    """How a flow is read."""

    decospecs: With = field(default_factory=list)
    config_files: ConfigFiles = field(default_factory=list)
    config_values: ConfigValues = field(default_factory=list)
    runtime: RuntimeName = RuntimeChoice.AUTO

    def asked(self) -> Asked:
        """What they ask of the driver."""
        return read_asked(self.decospecs, self.config_files, self.config_values, self.runtime)


@dataclass(frozen=True)
class DeploymentChoices:
    """Which deployment of a flow is meant: one for each branch of its project."""

    branch: Branch = None
    production: Production = False
    environment: Environment = ""

    def of(self, flow: Flow) -> Flow:
        """The flow with its project completed."""
        if not (flow.project or self.branch is not None or self.production):
            return flow
        from flowc.cli.project import on_branch

        return on_branch(flow, self.branch, production=self.production)


@dataclass(frozen=True)
class TargetChoices:
    """What a flow is compiled to."""

    max_workers: Annotated[
        int, typer.Option(min=1, help="How many tasks of a foreach or run go on at once.")
    ] = 100
    max_iterations: Annotated[
        int,
        typer.Option(
            min=1, help="Kubeflow Pipelines: how many rounds a loop of several steps has at most."
        ),
    ] = 25
    image: Annotated[str, typer.Option(help="The image of steps that name none.")] = ""
    store: StoreRoot = ""
    job_queue: JobQueue = ""
    job_role: JobRole = ""
    execution_role: ExecutionRole = ""
    machine_role: Annotated[
        str,
        typer.Option(envvar="FLOWC_MACHINE_ROLE", metavar="ARN", help="AWS: what executions may."),
    ] = ""
    events_role: Annotated[
        str,
        typer.Option(envvar="FLOWC_EVENTS_ROLE", metavar="ARN", help="AWS: what schedules may."),
    ] = ""
    compute: ComputeName = ComputeChoice.AUTO
    gang: GangName = GangChoice.AUTO
    cluster: Cluster = ""
    subnets: Subnets = ""
    security_groups: SecurityGroups = ""
    public_ip: PublicIp = True

    map_mode: Annotated[
        MapChoice,
        typer.Option("--map", help="AWS: whether each item of a foreach is an execution."),
    ] = MapChoice.AUTO
    event_bus: Annotated[
        str,
        typer.Option(
            envvar="FLOWC_EVENT_BUS",
            metavar="NAME",
            help="AWS: where events of @trigger come from.",
        ),
    ] = ""
    log_group: Annotated[
        str,
        typer.Option(
            envvar="FLOWC_LOG_GROUP", metavar="ARN", help="AWS: where executions are logged."
        ),
    ] = ""
    tracing: Annotated[bool, typer.Option("--tracing", help="AWS: let X-Ray trace executions.")] = (
        False
    )
    deferrable: Annotated[
        bool, typer.Option("--deferrable", help="Airflow: let no worker wait for a pod.")
    ] = False
    connection: Annotated[
        str,
        typer.Option(
            envvar="FLOWC_CONNECTION",
            metavar="ID",
            help="Airflow: its connection to a cluster or a Docker Engine.",
        ),
    ] = ""
    network: Annotated[
        str,
        typer.Option(
            envvar="FLOWC_NETWORK", metavar="NAME", help="Airflow: the network of containers."
        ),
    ] = ""
    name: Annotated[
        str, typer.Option(help="What the engine calls it, in place of what follows from the flow.")
    ] = ""
    tags: Annotated[
        list[str],
        typer.Option(
            "--tag", metavar="KEY=VALUE", help="A tag for all (not on Argo); may be repeated."
        ),
    ] = field(default_factory=list)

    def options(self, target: str) -> CompileOptions:
        """What they ask of a target; a `UsageError` tells of what it does not have."""
        from flowc.targets.target import (
            AirflowCompute,
            AirflowOptions,
            AwsCompute,
            AwsGang,
            AwsOptions,
            CompileOptions,
            MapMode,
        )

        return CompileOptions(
            max_workers=self.max_workers,
            max_iterations=self.max_iterations,
            image=self.image,
            store=self.store,
            aws=AwsOptions(
                job_queue=self.job_queue,
                job_role=self.job_role,
                execution_role=self.execution_role,
                machine_role=self.machine_role,
                events_role=self.events_role,
                map_mode=MapMode(self.map_mode.value),
                compute=AwsCompute(self._compute(target, "step-functions", AwsCompute)),
                gang=AwsGang(self.gang.value),
                cluster=self.cluster,
                subnets=_listed(self.subnets),
                security_groups=_listed(self.security_groups),
                public_ip=self.public_ip,
                event_bus=self.event_bus,
                log_group=self.log_group,
                tracing=self.tracing,
            ),
            airflow=AirflowOptions(
                compute=AirflowCompute(self._compute(target, "airflow", AirflowCompute)),
                connection=self.connection,
                network=self.network,
                deferrable=self.deferrable,
            ),
            name=self.name,
            tags=dict(map(_pair, self.tags)),
        )

    def _compute(self, target: str, of: str, known: type[StrEnum]) -> str:
        """What runs steps on one of the targets: the first that it knows, if nothing is said."""
        names = [each.value for each in known]
        if target != of or self.compute is ComputeChoice.AUTO:
            return names[0]
        if self.compute.value not in names:
            listed = ", ".join(f"`{name}`" for name in names)
            raise UsageError(f"--compute {self.compute}: `{target}` runs steps by {listed}")
        return self.compute.value


@dataclass(frozen=True)
class PlaceChoices:
    """Where engines are that nothing else tells."""

    airflow_url: AirflowUrl = ""
    dags: Dags = ""
    timeout: Timeout = TIMEOUT
    paused: Annotated[
        bool | None,
        typer.Option(
            "--paused/--unpause",
            help="Airflow: whether the DAG is paused. [default: no if it is new, else as it is]",
        ),
    ] = None

    def access(self, flow: str, store: str) -> Access:
        """What they say of where a flow is deployed to."""
        from flowc.deploy.access import Access

        return Access(
            flow=flow,
            store=store,
            dags=self.dags,
            airflow_url=self.airflow_url,
            is_paused=self.paused,
            seconds=self.timeout,
            tell=tell,
        )


def _listed(text: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def _pair(tag: str) -> tuple[str, str]:
    key, separator, value = tag.partition("=")
    if not separator:
        raise UsageError(f"--tag {tag}: write KEY=VALUE")
    return key, value


def read_deployment(
    name: str, flow: FlowChoices, deployment: DeploymentChoices
) -> tuple[Flow, Reading]:
    """The flow of a file as one of its deployments has it; see `read`."""
    parsed, reading = read(name, flow.asked())
    return deployment.of(parsed), reading
