"""Random flows as state machines: the tasks and parents that the oracle predicts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from argo.drawn import drawn_flow
from hypothesis import HealthCheck, given, settings
from oracle import oracle
from random_flows import Graph, flows, render
from step_functions.account import QUEUE
from step_functions.reference import disagreements
from stored import parents

from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from step_functions.account import Account

settings.register_profile(
    "machines",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


# Above 40 at once, each item of a foreach is an execution of its own.
@pytest.mark.parametrize("max_workers", [10, 100])
@settings(settings.get_profile("machines"), max_examples=4)
@given(graph=flows())
def test_tasks_and_parents_are_those_of_the_oracle(
    aws: Account, max_workers: int, graph: Graph
) -> None:
    flow = drawn_flow(graph)
    number = len(aws.s3.list_buckets()["Buckets"])
    bucket = f"drawn-{number}"
    aws.s3.create_bucket(Bucket=bucket)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "flow.py").write_text(render(graph), encoding="utf-8")
        options = CompileOptions(
            image=aws.image(flow, folder),
            store=f"s3://{bucket}",
            max_workers=max_workers,
            aws=AwsOptions(QUEUE),
        )
        manifest, diagnostics = get_target("step-functions").emit(flow, options)
        assert manifest, diagnostics

        executed = aws.execute(manifest, str(number))

        assert executed.status == "SUCCEEDED", executed.cause
        aws.download(bucket, folder / "store")
        found = parents(folder / "store", graph.name, f"sfn-{number}")
        assert {task: sorted(before) for task, before in found.items()} == oracle(graph)


def test_another_jsonata_finds_the_same_values(aws: Account) -> None:
    """Of all expressions that the tests before this one have met."""
    assert disagreements(aws.evaluated()) == []
