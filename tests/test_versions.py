"""Fixture flows under each version of Python that this machine has: the same artifacts."""

from __future__ import annotations

import json
import pickle
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from promises import promised
from pythons import VERSIONS, bare, equipped
from stored import artifacts

from flowc.driver import read_flow
from flowc.local.engine import run
from flowc.local.parameters import parse_parameters
from flowc.local.remote import Remote
from flowc.local.settings import RunSettings
from flowc.run_root import run_root

if TYPE_CHECKING:
    from s3_server import Server

    from flowc.ir.flow import Flow
    from flowc.local.events import RunResult

ROOT = Path(__file__).parents[1]
FLOWS = ROOT / "fixtures" / "flows"
# Between them they have every kind of region, decorator and parameter.
CHOSEN = (
    "catch",
    "config",
    "deep_mix",
    "gang",
    "imported_flow",
    "merge_artifacts",
    "parameters",
    "retry",
    "source_roots",
    "timeout",
    "train",
)


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if not bare(request.param):
        pytest.skip(f"there is no Python {request.param} on this machine")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    found = equipped(request.param)
    assert found, "`make pythons` sets up an environment for each version"
    return found


@pytest.mark.parametrize("name", CHOSEN)
def test_flows_run_to_the_same_artifacts(python: str, name: str, tmp_path: Path) -> None:
    flow, result = _run(name, python, tmp_path)

    assert result.succeeded, result.failures
    found = artifacts(tmp_path, flow.name, result.run, (flow.end, "t"))
    promise = promised(FLOWS / name / "flow.py")
    assert {each: found[each] for each in promise} == promise


def test_flows_run_on_s3(python: str, s3: Server) -> None:
    bucket = s3.bucket()

    with run_root(f"s3://{bucket}") as (folder, remote):
        flow, result = _run("train", python, folder, remote)

    assert result.succeeded, result.failures
    base = f"{flow.name}/{result.run}"
    listed = json.loads(s3.get(bucket, f"{base}/{flow.end}/t/0.data.json"))["objects"]
    promise = promised(FLOWS / "train" / "flow.py")
    assert {each: _loaded(s3, bucket, flow, listed[each]) for each in promise} == promise


def _run(
    name: str, python: str, store: Path, remote: Remote | None = None
) -> tuple[Flow, RunResult]:
    folder = FLOWS / name
    reading = read_flow(str(folder / "flow.py"))
    assert reading.flow, reading.diagnostics
    words = folder / "arguments.txt"
    given = parse_parameters(reading.flow, words.read_text().split() if words.exists() else [])
    settings = RunSettings(
        "1", store, folder, parameters=given, max_workers=4, python=python, remote=remote
    )
    return reading.flow, run(reading.flow, settings, lambda _: None)


def _loaded(s3: Server, bucket: str, flow: Flow, sha: str) -> Any:
    blob = s3.get(bucket, f"{flow.name}/data/{sha[:2]}/{sha}")
    return pickle.loads(zlib.decompress(blob, 31))
