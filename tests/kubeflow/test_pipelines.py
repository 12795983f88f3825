"""Pipelines: as expected, what kfp accepts, and with everything in them that they refer to."""

from __future__ import annotations

import json
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
    assert reference_errors(*compiled(read(name)).documents) == []


@settings(PROFILE, max_examples=150)
@given(graph=flows())
def test_random_pipelines_refer_to_nothing_missing(graph: Graph) -> None:
    assert reference_errors(*compiled(drawn_flow(graph)).documents) == []


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


PLATFORM = """
---
platforms:
  kubernetes:
    deploymentSpec:
      executors:
        exec-start:
          {field}: 60
"""


@pytest.mark.parametrize(("field", "taken"), [("activeDeadlineSeconds", True), ("most", False)])
def test_kfp_reads_what_kubernetes_is_to_know(
    field: str, *, taken: bool, kfp: Kfp, tmp_path: Path
) -> None:
    file = tmp_path / "platform.yaml"
    pipeline, *_ = compiled(read("linear")).text.split("\n---\n")
    file.write_text(pipeline + PLATFORM.format(field=field))

    assert (kfp.refused([file]) == {}) is taken


# What takes the place of what in a pipeline, as JSON, and what is then found.
DANGLING = {
    "component": ('"name": "comp-step-start"', '"name": "comp-x"', "no component comp-x"),
    "executor": ('"executorLabel": "exec-start"', '"executorLabel": "x"', "no executor x"),
    "task": ('"dependentTasks": ["start"]', '"dependentTasks": ["x"]', "no task x to come after"),
    "producer": ('"producerTask": "start"', '"producerTask": "x"', "no task x"),
    "output": ('"outputParameterKey": "Output"', '"outputParameterKey": "X"', "has no output X"),
    "input": ('"componentInputParameter": "path"', '"componentInputParameter": "x"', "no input x"),
    "argument": ('"run": {"runtimeValue"', '"x": {"runtimeValue"', "run is needed and not given"),
    "placeholder": ("parameters['run']", "parameters['x']", "nothing is behind"),
    "name": ('"tasks": {"start":', '"tasks": {"Start":', "nothing can be named Start"),
    "circle": ('"dependentTasks": ["start"]', '"dependentTasks": ["end"]', "a circle"),
    "unused": ('"name": "comp-step-start"', '"name": "comp-start-foreach"', "unused"),
}


@pytest.mark.parametrize("what", DANGLING)
def test_what_dangles_is_found(what: str) -> None:
    old, new, message = DANGLING[what]
    text = json.dumps(compiled(read("foreach")).documents)
    broken = text.replace(old, new)
    assert broken != text

    found = reference_errors(*json.loads(broken))

    assert any(message in error for error in found), found


def _drawn(count: int) -> list[Graph]:
    found: list[Graph] = []

    @settings(PROFILE, max_examples=count)
    @given(graph=flows())
    def draw(graph: Graph) -> None:
        found.append(graph)

    draw()
    return found
