"""Every well-formed flow is read as it was drawn, and has a structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given
from random_flows import Graph, flows, rename, render

from flowc.driver import read_flow
from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task, walk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flowc.ir.flow import Flow


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("structure") / "flow.py"


@given(graph=flows(max_steps=40))
def test_steps_and_loops_are_those_drawn(file: Path, graph: Graph) -> None:
    flow = _read(file, graph)
    loops = {(region.to, region.at) for region in walk(flow.body) if isinstance(region, Loop)}

    assert loops == set(graph.headers.items())
    assert (flow.name, flow.start, flow.end) == (graph.name, graph.start, graph.end)
    assert list(flow.steps) == list(graph.steps)
    for name, node in graph.steps.items():
        step = flow.steps[name]
        targets = tuple(dict.fromkeys(node.next))
        assert (step.kind, step.next_steps, step.joins) == (node.kind, targets, node.join)


@given(graph=flows())
def test_renaming_steps_only_renames(file: Path, graph: Graph) -> None:
    inner = sorted(graph.steps.keys() - {graph.start, graph.end})
    ends = {graph.start: graph.start, graph.end: graph.end}
    names = dict(zip(inner, reversed(inner), strict=True)) | ends

    renamed = _read(file, rename(graph, names)).body

    assert renamed == _renamed(_read(file, graph).body, names)


def _read(file: Path, graph: Graph) -> Flow:
    file.write_text(render(graph))
    for shape in graph.shapes:
        event(shape)
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    assert not reading.diagnostics
    return reading.flow


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    return tuple(_renamed_region(region, names) for region in block)


def _renamed_region(region: Region, names: Mapping[str, str]) -> Region:
    match region:
        case Task(step, emits):
            return Task(names[step], emits)
        case Split(at, branches):
            return Split(names[at], tuple(_renamed(branch, names) for branch in branches))
        case Foreach(at, body, gang):
            return Foreach(names[at], _renamed(body, names), gang)
        case Switch(at, arms):
            moved = (Arm(names[arm.to], _renamed(arm.body, names)) for arm in arms)
            return Switch(names[at], tuple(moved))
        case Loop(at, to, body):
            return Loop(names[at], names[to], _renamed(body, names))
