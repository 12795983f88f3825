"""Pipelines: as expected, what kfp accepts, and with everything in them that they refer to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argo.drawn import drawn_flow
from conftest import Golden
from fixture_flows import FLOWS, NAMES, read
from hypothesis import HealthCheck, given, settings
from kubeflow.compiled import compiled
from kubeflow.references import reference_errors
from random_flows import Graph, flows

if TYPE_CHECKING:
    from kubeflow.local_runs import Kfp

    from flowc.ir.flow import Flow

PROFILE = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def pipeline_of(flow: Flow) -> dict[str, Any]:
    found: dict[str, Any] = compiled(flow).documents[0]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_pipeline_is_as_expected(name: str, golden: Golden) -> None:
    golden.check(FLOWS / name / "expected" / "kubeflow.yaml", compiled(read(name)).text)


@pytest.mark.parametrize("name", NAMES)
def test_pipeline_refers_to_nothing_missing(name: str) -> None:
    assert reference_errors(pipeline_of(read(name))) == []


@settings(PROFILE, max_examples=150)
@given(graph=flows())
def test_random_pipelines_refer_to_nothing_missing(graph: Graph) -> None:
    assert reference_errors(pipeline_of(drawn_flow(graph))) == []


def test_kfp_takes_them(kfp: Kfp, tmp_path: Path) -> None:
    everything = {name: read(name) for name in NAMES}
    everything |= {f"drawn-{number}": drawn_flow(graph) for number, graph in enumerate(_drawn(60))}
    for name, flow in everything.items():
        (tmp_path / f"{name}.yaml").write_text(compiled(flow).text)

    assert kfp.refused(sorted(tmp_path.iterdir())) == {}


BROKEN = {
    "a field of a task": ("cachingOptions:", "cachingOption:"),
    "a type": ("parameterType: STRING", "parameterType: TEXT"),
    "a field of a container": ("image:", "picture:"),
    "a resource": ("resourceMemoryLimit", "memoryMost"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_kfp_takes_not_everything(what: str, kfp: Kfp, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    text = compiled(read("foreach")).text
    assert BROKEN[what][0] in text
    file.write_text(text.replace(*BROKEN[what]))

    assert list(kfp.refused([file])) == [str(file)]


def _drawn(count: int) -> list[Graph]:
    found: list[Graph] = []

    @settings(PROFILE, max_examples=count)
    @given(graph=flows())
    def draw(graph: Graph) -> None:
        found.append(graph)

    draw()
    return found
