"""Whatever a flow looks like, its manifest is valid and does what the flow says."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from argo.compiled import compiled
from argo.drawn import drawn_flow
from argo.interpreter import submit
from argo.pods import fork
from argo.references import reference_errors
from argo.schema import needs_schema, schema_errors
from hypothesis import HealthCheck, given, settings
from oracle import oracle
from random_flows import Graph, flows, render

SLOW = list(HealthCheck)
settings.register_profile(
    "argo", derandomize=True, database=None, deadline=None, suppress_health_check=SLOW
)


@settings(settings.get_profile("argo"), max_examples=100)
@given(flows())
def test_all_references_hold(graph: Graph) -> None:
    assert reference_errors(compiled(drawn_flow(graph)).text) == []


@needs_schema
@settings(settings.get_profile("argo"), max_examples=50)
@given(flows())
def test_argo_schema_holds(graph: Graph) -> None:
    assert schema_errors(dict(compiled(drawn_flow(graph)).documents[-1])) == []


@settings(settings.get_profile("argo"), max_examples=10)
@given(flows())
def test_tasks_and_parents_are_those_of_the_oracle(graph: Graph) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "flow.py").write_text(render(graph), encoding="utf-8")
        text = compiled(drawn_flow(graph)).text

        result = submit(text, source=folder, store=folder / "store", run="1", runner=fork)

        assert (result.phase, result.message) == ("Succeeded", "")
        assert _done(folder / "store" / graph.name / "1" / "_flowc" / "done") == oracle(graph)


def _done(records: Path) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        (file.parent.name, file.stem): _parents(json.loads(file.read_text(encoding="utf-8")))
        for file in records.rglob("*.json")
    }


def _parents(record: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return sorted((step, path) for step, path in record["parents"])
