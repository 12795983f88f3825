"""Every fixture flow, everywhere: printed, compiled, valid, run, and with the same results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argo.interpreter import submit
from argo.references import reference_errors
from argo.schema import hera_errors, needs_schema, schema_errors
from conftest import Golden
from promises import promised
from stored import Task, artifacts, parents

from flowc.driver import read_flow
from flowc.ir.flow import Flow
from flowc.ir.text import render_text
from flowc.local.engine import run
from flowc.local.parameters import parse_parameters
from flowc.local.settings import RunSettings
from flowc.targets import get_target
from flowc.targets.target import CompileOptions, Manifest

FLOWS = Path(__file__).parents[1] / "fixtures" / "flows"
OPTIONS = CompileOptions(image="registry.example/flows:1")


@dataclass(frozen=True)
class Fixture:
    """A fixture's folder with what the tests need of it."""

    folder: Path

    @property
    def source(self) -> Path:
        return self.folder / "flow.py"

    @property
    def words(self) -> Sequence[str]:
        """The command-line words that the flow is run with."""
        arguments = self.folder / "arguments.txt"
        return arguments.read_text().split() if arguments.exists() else []

    def flow(self) -> Flow:
        reading = read_flow(str(self.source))
        assert reading.flow, reading.diagnostics
        return reading.flow

    def manifest(self) -> Manifest:
        manifest, diagnostics = get_target("argo").emit(self.flow(), OPTIONS)
        assert manifest, diagnostics
        return manifest

    def argo_objects(self) -> list[dict[str, Any]]:
        """The manifest's documents that Argo defines."""
        documents = map(dict, self.manifest().documents)
        return [document for document in documents if document["kind"] != "ConfigMap"]


def each_fixture() -> list[Fixture]:
    return [Fixture(path.parent) for path in sorted(FLOWS.glob("*/flow.py"))]


@pytest.fixture(params=each_fixture(), ids=lambda fixture: fixture.folder.name)
def fixture(request: pytest.FixtureRequest) -> Fixture:
    found: Fixture = request.param
    return found


def test_nothing_is_found_wrong(fixture: Fixture) -> None:
    assert read_flow(str(fixture.source)).diagnostics == []


def test_structure_is_as_printed(fixture: Fixture, golden: Golden) -> None:
    golden.check(fixture.folder / "expected" / "ir.txt", render_text(fixture.flow()))


def test_argo_manifest_is_as_expected(fixture: Fixture, golden: Golden) -> None:
    golden.check(fixture.folder / "expected" / "argo.yaml", fixture.manifest().text)


def test_argo_manifest_refers_to_nothing_missing(fixture: Fixture) -> None:
    assert reference_errors(fixture.manifest().text) == []


@needs_schema
def test_argo_manifest_fits_the_schema(fixture: Fixture) -> None:
    assert [error for document in fixture.argo_objects() for error in schema_errors(document)] == []


def test_hera_gives_the_argo_manifest_back(fixture: Fixture) -> None:
    assert [error for document in fixture.argo_objects() for error in hera_errors(document)] == []


def test_local_run_and_argo_keep_the_promise(fixture: Fixture, tmp_path: Path) -> None:
    flow = fixture.flow()
    given = parse_parameters(flow, fixture.words)
    settings = RunSettings("local", tmp_path, fixture.folder, parameters=given, max_workers=4)

    result = run(flow, settings, lambda _: None)
    workflow = submit(
        fixture.manifest().text,
        source=fixture.folder,
        store=tmp_path,
        run="argo",
        parameters=given,
    )

    assert result.succeeded, result.failures
    assert workflow.phase == "Succeeded", workflow.message
    locally, on_argo = (_everything(tmp_path, flow, name) for name in ("local", "argo"))
    assert on_argo == locally
    promise = promised(fixture.source)
    assert promise
    assert {name: locally[flow.end, "t"][1][name] for name in promise} == promise


def _everything(
    store: Path, flow: Flow, run_id: str
) -> dict[Task, tuple[list[Task], dict[str, object]]]:
    """Each task of a run with its parents and artifacts; exceptions as their text."""
    return {
        task: (sorted(before), _comparable(artifacts(store, flow.name, run_id, task)))
        for task, before in parents(store, flow.name, run_id).items()
    }


def _comparable(found: dict[str, object]) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value, Exception) else value for name, value in found.items()
    }
