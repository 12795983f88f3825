"""Every fixture flow on Step Functions: the same tasks, parents and artifacts as `flowc run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixture_flows import FLOWS, NAMES, everything, given, keeps_promises, read, run_locally
from step_functions.account import QUEUE
from step_functions.reference import disagreements
from stored import artifacts

from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions, Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from step_functions.account import Account, Execution

    from flowc.ir.flow import Flow

EXPECTED = {name: FLOWS / name / "expected" / "step-functions.json" for name in NAMES}
# All other definitions are the same for any number of workers.
FOREACHES = [name for name in NAMES if '"DISTRIBUTED"' in EXPECTED[name].read_text()]


@pytest.mark.parametrize("name", NAMES)
def test_fixtures_run_as_locally(name: str, aws: Account, tmp_path: Path) -> None:
    _runs_as_locally(name, aws, tmp_path, 100)


@pytest.mark.parametrize("name", FOREACHES)
def test_fixtures_run_as_locally_within_one_execution(
    name: str, aws: Account, tmp_path: Path
) -> None:
    _runs_as_locally(name, aws, tmp_path, 10)


def _runs_as_locally(name: str, aws: Account, tmp_path: Path, max_workers: int) -> None:
    flow = read(name)
    bucket = f"flows-{name.replace('_', '-')}-{max_workers}"
    aws.s3.create_bucket(Bucket=bucket)
    image = aws.image(flow, FLOWS / name)

    executed = aws.execute(
        _manifest(flow, image, bucket, max_workers), f"run-{max_workers}", given(name, flow)
    )

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download(bucket, tmp_path / "aws")
    found = everything(tmp_path / "aws" / "runs", flow, f"sfn-run-{max_workers}")
    assert found == run_locally(name, flow, tmp_path / "local")
    assert keeps_promises(name, flow, found)


def test_parameters_keep_their_types(aws: Account, tmp_path: Path) -> None:
    given = {"name": "Bo", "count": 4, "factor": 0.25, "loud": True, "places": [1, {"a": None}]}

    executed = _execute(aws, "parameters", given)

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download("executions", tmp_path)
    found = artifacts(tmp_path / "runs", "ParametersFlow", "sfn-typed", ("end", "t"))
    assert found["summary"] == ["Bo", 4, 0.25, True, [1, {"a": None}], None]


def test_an_input_that_does_not_fit_starts_nothing(aws: Account) -> None:
    without = _execute(aws, "parameters", {"count": 1}, "without")
    unknown = _execute(aws, "parameters", {"name": "Bo", "cuont": 1}, "unknown")

    assert without.cause == "flowc.MissingParameter give a value for: name"
    assert unknown.cause == (
        "flowc.UnknownParameter the flow has no parameter cuont; "
        "it has name, count, factor, loud, places, note"
    )
    assert without.jobs == unknown.jobs == 0


def test_numbers_that_would_change_start_nothing(aws: Account, tmp_path: Path) -> None:
    whole = {"name": "Bo", "count": 1234567890123456, "factor": 0.1, "places": [10**15 - 1]}
    small = {"name": "Bo", "factor": 0.30000000000000004, "places": [{"a": [[3, 2**53 + 1]]}]}
    texts = {"name": "1" * 20, "count": "1234567890123456", "factor": "0.30000000000000004"}

    refused = [_execute(aws, "parameters", whole, "whole")]
    refused += [_execute(aws, "parameters", small, "small")]
    exact = _execute(aws, "parameters", texts, "exact")

    told = "flowc.InexactParameter numbers of more than 15 digits can only be given as text: "
    assert [each.cause for each in refused] == [f"{told}count", f"{told}factor, places"]
    assert sum(each.jobs for each in refused) == 0
    assert exact.status == "SUCCEEDED", exact.cause
    aws.download("executions", tmp_path)
    found = artifacts(tmp_path / "runs", "ParametersFlow", "sfn-exact", ("end", "t"))
    assert found["summary"][:3] == ["1" * 20, 1234567890123456, 0.30000000000000004]


def test_another_jsonata_finds_the_same_values(aws: Account) -> None:
    """Of all expressions that the tests before this one have met, with what they were about."""
    executed = _execute(aws, "parameters", {"name": "Bo"}, "elsewhere")

    assert executed.status == "SUCCEEDED", executed.cause
    assert disagreements(aws.evaluated()) == []


def test_what_is_not_given_comes_from_the_run_that_is_resumed(aws: Account, tmp_path: Path) -> None:
    first = _execute(aws, "parameters", {"name": "Bo", "count": 4}, "resumable")
    manifest = _manifest(read("parameters"), "parametersflow", "executions")

    again = aws.execute(manifest, "resumes", whole={"origin": "sfn-resumable", "from": "end"})

    assert first.status == "SUCCEEDED"
    assert again.status == "SUCCEEDED", again.cause
    aws.download("executions", tmp_path)
    found = artifacts(tmp_path / "runs", "ParametersFlow", "sfn-resumes", ("end", "t"))
    assert found["summary"] == ["Bo", 4, 0.5, False, {"cities": ["Rome", "Oslo"]}, None]


def _execute(
    aws: Account, name: str, parameters: Mapping[str, object], run_id: str = "typed"
) -> Execution:
    flow = read(name)
    if "executions" not in [each["Name"] for each in aws.s3.list_buckets()["Buckets"]]:
        aws.s3.create_bucket(Bucket="executions")
    manifest = _manifest(flow, aws.image(flow, FLOWS / name), "executions")
    return aws.execute(manifest, run_id, parameters)


def _manifest(flow: Flow, image: str, bucket: str, max_workers: int = 100) -> Manifest:
    options = CompileOptions(
        image=image,
        store=f"s3://{bucket}/runs",
        max_workers=max_workers,
        aws=AwsOptions(job_queue=QUEUE),
    )
    manifest, diagnostics = get_target("step-functions").emit(flow, options)
    assert manifest, diagnostics
    return manifest
