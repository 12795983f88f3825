"""Options that several commands have, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.ir.config import ConfigChoices
    from flowc.ir.flow import Decorator, Runtime

FlowName = Annotated[str, typer.Argument(metavar="FLOW", help="flow.py, or flow.py:TrainFlow.")]
StoreRoot = Annotated[
    str,
    typer.Option(
        "--datastore-root",
        envvar="FLOWC_STORE",
        metavar="URL",
        help="Where artifacts are kept.",
    ),
]
JobQueue = Annotated[
    str,
    typer.Option(
        "--job-queue", envvar="FLOWC_JOB_QUEUE", metavar="QUEUE", help="AWS: the queue of jobs."
    ),
]
JobRole = Annotated[
    str,
    typer.Option(
        "--job-role", envvar="FLOWC_JOB_ROLE", metavar="ARN", help="AWS: what steps may do."
    ),
]
ExecutionRole = Annotated[
    str,
    typer.Option(
        "--execution-role",
        envvar="FLOWC_EXECUTION_ROLE",
        metavar="ARN",
        help="AWS: what starts containers on Fargate, or gets their secrets.",
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster", envvar="FLOWC_CLUSTER", metavar="CLUSTER", help="AWS: where ECS runs tasks."
    ),
]
Subnets = Annotated[
    str,
    typer.Option(
        "--subnets", envvar="FLOWC_SUBNETS", metavar="ID,…", help="AWS: the network of ECS's tasks."
    ),
]
SecurityGroups = Annotated[
    str,
    typer.Option(
        "--security-groups",
        envvar="FLOWC_SECURITY_GROUPS",
        metavar="ID,…",
        help="AWS: the firewall of ECS's tasks.",
    ),
]
PublicIp = Annotated[
    bool,
    typer.Option(
        "--public-ip/--no-public-ip",
        envvar="FLOWC_PUBLIC_IP",
        help="AWS: whether containers on Fargate have an address on the internet.",
    ),
]
AirflowUrl = Annotated[
    str,
    typer.Option(
        "--airflow-url",
        envvar="FLOWC_AIRFLOW_URL",
        metavar="URL",
        help="Airflow: its server; who asks is in FLOWC_AIRFLOW_TOKEN, or _USER and _PASSWORD.",
    ),
]
Dags = Annotated[
    str,
    typer.Option(
        "--dags",
        envvar="FLOWC_DAGS",
        metavar="PLACE",
        help="Airflow: where DAG files go: a folder, s3://…, gs://… or git+file:///checkout/dags.",
    ),
]
Timeout = Annotated[
    int,
    typer.Option(
        "--timeout",
        envvar="FLOWC_AIRFLOW_TIMEOUT",
        metavar="SECONDS",
        min=0,
        help="Airflow: how long to wait until it has read the file.",
    ),
]
TIMEOUT = 600
With = Annotated[
    list[str],
    typer.Option(
        "--with",
        metavar="DECOSPEC",
        help="A decorator for every step that lacks it, such as retry or kubernetes:cpu=2.",
    ),
]
ConfigFiles = Annotated[
    list[str],
    typer.Option("--config", metavar="NAME FILE", help="What a config of the flow is read from."),
]
ConfigValues = Annotated[
    list[str],
    typer.Option("--config-value", metavar="NAME TEXT", help="What a config of the flow holds."),
]

Branch = Annotated[
    str | None,
    typer.Option("--branch", metavar="NAME", help="The branch of a flow with @project."),
]
Production = Annotated[
    bool, typer.Option("--production", help="The production branch of a flow with @project.")
]

RunPlace = Annotated[
    str, typer.Argument(metavar="RUN", help="Flow/run, a run's id, Flow/latest or latest.")
]
TaskPlace = Annotated[str, typer.Argument(metavar="[STEP[/TASK]]", help="Such as fit, or fit/t.3.")]
LOCAL_STORE = ".metaflow"
OutputFormat = Annotated[str, typer.Option("--output", "--format", help="text or json.")]
_FORMATS = ("text", "json")

Environment = Annotated[
    str,
    typer.Option(
        "--env",
        envvar="FLOWC_ENV",
        metavar="NAME",
        help="Take options from [tool.flowc.env.NAME] in pyproject.toml.",
    ),
]


class RuntimeChoice(StrEnum):
    """What may be asked for; `auto` is the runtime that the flow needs."""

    AUTO = "auto"
    NATIVE = "native"
    METAFLOW = "metaflow"


class ComputeChoice(StrEnum):
    """What runs steps, by the names of `AwsCompute` and `AirflowCompute`; each target has some."""

    AUTO = "auto"
    BATCH = "batch"
    BATCH_FARGATE = "batch-fargate"
    ECS = "ecs"
    KUBERNETES = "kubernetes"
    WORKER = "worker"
    DOCKER = "docker"


class GangChoice(StrEnum):
    """How gangs run on AWS, by the names of `AwsGang`."""

    AUTO = "auto"
    MULTINODE = "multinode"
    CONTAINERS = "containers"


ComputeName = Annotated[
    ComputeChoice,
    typer.Option(
        "--compute",
        envvar="FLOWC_COMPUTE",
        help="What runs steps. step-functions: batch, batch-fargate or ecs. airflow: kubernetes, "
        "worker or docker. auto: the first of them.",
    ),
]
GangName = Annotated[
    GangChoice,
    typer.Option(
        "--gang",
        help="AWS: a gang is a multi-node job or containers; auto: the former where it can be.",
    ),
]

RuntimeName = Annotated[
    RuntimeChoice,
    typer.Option(
        "--runtime",
        help="What runs the steps; auto: Metaflow if the flow needs it, or else flowc's own.",
    ),
]


class MapChoice(StrEnum):
    """How items of a foreach run on Step Functions; see `MapMode`."""

    AUTO = "auto"
    INLINE = "inline"
    DISTRIBUTED = "distributed"


# Decorators for every step, what configurations are read from, and the runtime, if not the one
# that the flow needs.
Asked: TypeAlias = "tuple[Sequence[Decorator], ConfigChoices, Runtime | None]"


def read_asked(
    decospecs: Sequence[str],
    files: Sequence[str],
    values: Sequence[str],
    runtime: RuntimeChoice = RuntimeChoice.AUTO,
) -> Asked:
    """What `--with`, `--config`, `--config-value` and `--runtime` ask for."""
    from flowc.ir.config import ConfigChoices

    decorators: Sequence[Decorator] = ()
    if decospecs:
        from flowc.decospec import parse_decospec

        decorators = [parse_decospec(decospec) for decospec in decospecs]
    choices = ConfigChoices(_pairs(files), _pairs(values))
    for name in sorted(choices.files.keys() & choices.values.keys()):
        raise UsageError(f"config `{name}` is given a file and a value; give one of them")
    return decorators, choices, _runtime(runtime)


def is_json(output_format: str) -> bool:
    """Whether output is to be JSON; `UsageError` for what is no format."""
    if output_format not in _FORMATS:
        raise UsageError(f"there is no format `{output_format}`; there are {', '.join(_FORMATS)}")
    return output_format == "json"


def _runtime(choice: RuntimeChoice) -> Runtime | None:
    if choice is RuntimeChoice.AUTO:
        return None
    from flowc.ir.flow import Runtime

    return Runtime(choice.value)


def _pairs(given: Sequence[Any]) -> dict[str, str]:
    """What Typer has for an option of two words, given several times."""
    return dict(given)
