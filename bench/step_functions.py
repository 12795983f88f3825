"""Compiling to AWS Step Functions: `flowc compile` against `step-functions create --only-json`."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from bench import flows
from bench.measure import Command, Cost, Row, Spread, times_less
from bench.object_store import metaflow_on_s3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

QUEUE = "bench"
TIMES_SMALLER = 8
TIMES_LESS_MEMORY = 10
ROLE = "arn:aws:iam::123456789012:role/bench"


@dataclass(frozen=True, slots=True)
class Size:
    """So many steps, how much faster flowc must be, and how often at most Metaflow runs.

    Of 500 steps, Metaflow makes text of 5 MB in two minutes.
    """

    steps: int
    times_faster: float
    most_rounds: int


SIZES = (Size(3, 4, 5), Size(50, 25, 2), Size(500, 100, 1))


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For each size: the time, the size of the definition, and the most memory at once."""
    with metaflow_on_s3(folder / "metaflow") as environment:
        settings = {**environment, **_on_aws(environment)}
        _make_queue(settings)
        for size in SIZES:
            yield from _rows(size, rounds, folder / f"machine_{size.steps}", settings)


def _rows(size: Size, rounds: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Row]:
    ours, theirs = _contenders(size.steps, folder, environment)
    our_costs, their_costs = _measured(ours, theirs, rounds, min(rounds, size.most_rounds))
    name = f"step functions, {size.steps} steps"
    yield times_less(f"{name}: time", _seconds(our_costs), _seconds(their_costs), size.times_faster)
    yield _bytes(f"{name}: definition", ours.output, theirs.output)
    yield _memory(f"{name}: memory", our_costs, their_costs, size.steps)


def _contenders(
    steps: int, folder: Path, environment: Mapping[str, str]
) -> tuple[Command, Command]:
    folder.mkdir()
    ours, theirs = folder / "ours.py", folder / "theirs.py"
    ours.write_text(flows.linear(steps, "flowc"))
    theirs.write_text(flows.linear(steps, "metaflow"))
    options = ("--datastore-root", "s3://bench/flowc", "--image", "bench:1", "--job-queue", QUEUE)
    target = ("--target", "step-functions")
    compiles = (sys.executable, "-m", "flowc", "compile", ours.name, *target, *options)
    create = ("--no-pylint", "step-functions", "create", "--only-json")
    return (
        Command(compiles, folder, environment, folder / "ours.json"),
        Command(
            (sys.executable, theirs.name, *create), folder, environment, folder / "theirs.json"
        ),
    )


def _measured(
    ours: Command, theirs: Command, our_rounds: int, their_rounds: int
) -> tuple[list[Cost], list[Cost]]:
    """What each took; ours before and after each of theirs, which may take minutes.

    A first turn of ours is not counted; Metaflow's own is not either where it runs more than once.
    """
    ours()
    if their_rounds > 1:
        theirs()
    our_costs, their_costs = [], []
    for _ in range(their_rounds):
        our_costs += [ours.cost() for _ in range(-(-our_rounds // their_rounds))]
        their_costs.append(theirs.cost())
        our_costs.append(ours.cost())
    return our_costs, their_costs


def _seconds(costs: list[Cost]) -> Spread:
    return Spread(tuple(cost.seconds for cost in costs))


def _bytes(name: str, ours: Path, theirs: Path) -> Row:
    """flowc's definition as AWS gets it, and Metaflow's as it prints it, which AWS gets."""
    definition = json.loads(ours.read_text())["stateMachine"]["definition"]
    small = len(json.dumps(definition, separators=(",", ":")).encode())
    large = theirs.stat().st_size
    ratio = large / small
    return Row(
        name,
        f"{small:,} B",
        f"{large:,} B",
        f"{ratio:.1f}",
        f"≥ {TIMES_SMALLER}",
        ratio >= TIMES_SMALLER,
    )


def _memory(name: str, ours: list[Cost], theirs: list[Cost], steps: int) -> Row:
    small, large = (max(cost.memory for cost in costs) for costs in (ours, theirs))
    ratio = large / small
    held = steps < SIZES[-1].steps or ratio >= TIMES_LESS_MEMORY
    target = f"≥ {TIMES_LESS_MEMORY}" if steps == SIZES[-1].steps else "-"
    return Row(name, _mebibytes(small), _mebibytes(large), f"{ratio:.1f}", target, held)


def _mebibytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB"


def _on_aws(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": environment["METAFLOW_S3_ENDPOINT_URL"],
        "METAFLOW_SFN_IAM_ROLE": ROLE,
        "METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE": ROLE,
        "METAFLOW_ECS_S3_ACCESS_IAM_ROLE": ROLE,
        "METAFLOW_ECS_FARGATE_EXECUTION_ROLE": ROLE,
        "METAFLOW_BATCH_JOB_QUEUE": QUEUE,
    }


def _make_queue(settings: Mapping[str, str]) -> None:
    """A queue on Fargate, as Metaflow asks for it before it compiles anything."""
    ec2, batch, iam = (_client(name, settings) for name in ("ec2", "batch", "iam"))
    role = iam.create_role(RoleName="bench", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    environment = batch.create_compute_environment(
        computeEnvironmentName="bench",
        type="MANAGED",
        serviceRole=role,
        computeResources={
            "type": "FARGATE",
            "maxvCpus": 4,
            "subnets": [ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
            "securityGroupIds": [ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]],
        },
    )
    order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
    batch.create_job_queue(
        jobQueueName=QUEUE, state="ENABLED", priority=1, computeEnvironmentOrder=order
    )


def _client(service: str, settings: Mapping[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        region_name=settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
    )
