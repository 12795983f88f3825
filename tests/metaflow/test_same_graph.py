"""Wherever Metaflow takes a flow, its graph and what flowc's regions say are the same."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import event, given
from metaflow_graph import Metaflow, assert_agree, drawn, read
from random_flows import Graph, flows, render

from flowc.driver import read_flow

FIXTURES = Path(__file__).parents[2] / "fixtures" / "flows"
FIXTURE_FLOWS = sorted(FIXTURES.glob("*/flow.py"))


def installed_flows() -> list[Path]:
    """Every file of the installed Metaflow that defines a flow."""
    spec = find_spec("metaflow")
    assert spec
    assert spec.origin
    flow = re.compile(r"^class \w+\(FlowSpec\)", re.MULTILINE)
    root = Path(spec.origin).parent
    return [path for path in sorted(root.rglob("*.py")) if flow.search(path.read_text("utf-8"))]


def test_installed_flows_are_found() -> None:
    assert len(installed_flows()) >= 6


@pytest.mark.parametrize("path", installed_flows(), ids=lambda path: path.parent.name)
def test_installed_flow(metaflow: Metaflow, path: Path) -> None:
    flow = read_flow(str(path)).flow
    assert flow

    assert_agree(metaflow.read_file(path), flow)


@pytest.mark.parametrize("path", FIXTURE_FLOWS, ids=lambda path: path.parent.name)
def test_fixture(metaflow: Metaflow, path: Path) -> None:
    reading = read_flow(str(path))
    assert reading.flow, reading.diagnostics

    assert_agree(metaflow.read_copy(path), reading.flow)


@drawn(300)
@given(graph=flows())
def test_drawn_flow(metaflow: Metaflow, graph: Graph) -> None:
    for shape in graph.shapes:
        event(shape)
    source = render(graph)
    flow, codes = read(source)
    assert flow, codes

    answer = metaflow.read(source)
    event(answer.outcome)
    if answer.outcome != "hangs":
        assert_agree(answer, flow)
