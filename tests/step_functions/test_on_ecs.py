"""Fixture flows with tasks of ECS, and with jobs on Fargate: the artifacts that they promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from promises import promised
from step_functions.account import QUEUE
from step_functions.test_definitions import FLOWS, OPTIONS, compiled, read
from stored import artifacts

from flowc.targets.target import AwsCompute, AwsOptions

if TYPE_CHECKING:
    from pathlib import Path

    from step_functions.account import Account, Execution

    from flowc.targets.target import CompileOptions


def options_of(aws: Account, compute: AwsCompute) -> CompileOptions:
    network = {"cluster": QUEUE, "subnets": (aws.subnet,), "security_groups": (aws.group,)}
    role = "arn:aws:iam::123456789012:role/execution"
    own = AwsOptions(QUEUE, execution_role=role, compute=compute, **network)  # type: ignore[arg-type]
    return replace(OPTIONS, aws=own)


def execute(
    aws: Account, name: str, compute: AwsCompute, given: dict[str, object] | None = None
) -> Execution:
    flow = read(name)
    bucket = f"{compute}-{name.replace('_', '-')}"
    aws.s3.create_bucket(Bucket=bucket)
    image = aws.image(flow, FLOWS / name)
    options = replace(options_of(aws, compute), image=image, store=f"s3://{bucket}/runs")
    return aws.execute(compiled(flow, options), str(compute), given)


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        *(
            (name, AwsCompute.ECS)
            for name in ("nested_foreach", "switch", "catch", "gang", "train")
        ),
        ("train", AwsCompute.BATCH_FARGATE),
    ],
)
def test_fixtures_end_as_promised(
    name: str, compute: AwsCompute, aws: Account, tmp_path: Path
) -> None:
    flow = read(name)

    executed = execute(aws, name, compute)

    assert executed.status == "SUCCEEDED", executed.cause
    bucket = f"{compute}-{name.replace('_', '-')}"
    aws.download(bucket, tmp_path)
    found = artifacts(tmp_path / "runs", flow.name, f"sfn-{compute}", (flow.end, "t"))
    promise = promised(FLOWS / name / "flow.py")
    assert promise
    assert {each: found[each] for each in promise} == promise


def test_ecs_is_given_parameters(aws: Account, tmp_path: Path) -> None:
    given: dict[str, object] = {"name": "Bo", "count": 4, "factor": 0.25, "loud": True}

    executed = execute(aws, "parameters", AwsCompute.ECS, given)

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download("ecs-parameters", tmp_path)
    found = artifacts(tmp_path / "runs", "ParametersFlow", "sfn-ecs", ("end", "t"))
    assert found["summary"][:4] == ["Bo", 4, 0.25, True]


@pytest.mark.parametrize("compute", [AwsCompute.ECS, AwsCompute.BATCH])
def test_parameters_that_no_task_could_be_told_start_nothing(
    compute: AwsCompute, aws: Account
) -> None:
    flow = read("parameters")
    options = replace(options_of(aws, compute), image=aws.image(flow, FLOWS / "parameters"))
    manifest = compiled(flow, options)

    executed = aws.execute(manifest, f"{compute}-large", {"name": '"' * 3900})

    assert executed.cause.startswith("flowc.LargeParameters the parameters have more than ")
    assert executed.jobs == 0
