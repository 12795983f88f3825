"""The random flows are flows, and all there is to flows is among them."""

from __future__ import annotations

import ast
import importlib.util
import sys
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from ill_formed import wrong_flows
from oracle import execute, oracle, trails
from random_flows import END, FOREACH, LINEAR, SWITCH, Graph, Node, flows, rename, render

if TYPE_CHECKING:
    from pathlib import Path

    from ill_formed import Wrong

KINDS = ("split", "foreach", "gang", "switch", "loop")
PLACES = ("flow", "split", "foreach", "switch", "loop")
TURNS = (
    *("self-loop", "multi-step loop", "several exits", "empty arm", "shared tail", "crossing arms"),
    *("three deep", "start is linear", "start is split", "start is foreach", "start is switch"),
    *("two cases for one arm", "own ends"),
)
SHAPES = {f"{kind} in {place}" for kind, place in product(KINDS, PLACES)} | set(TURNS)

# Two items, each of which goes round a loop with a foreach in it, twice at most.
LOOP_IN_FOREACH = Graph(
    {
        "start": Node(FOREACH, ("head",), table=(2,)),
        "head": Node(FOREACH, ("work",), table=(1,), item=True),
        "work": Node(LINEAR, ("gather",), item=True),
        "gather": Node(LINEAR, ("latch",), join=True),
        "latch": Node(SWITCH, ("head", "out"), False, (1,), (0, 1), header="head", rounds=(2,)),
        "out": Node(LINEAR, ("join",)),
        "join": Node(LINEAR, ("end",), join=True),
        "end": Node(END),
    }
)


@given(flows())
def test_rendered_flows_are_python(graph: Graph) -> None:
    ast.parse(render(graph))


def test_all_shapes_are_drawn() -> None:
    drawn: set[str] = set()

    @settings(max_examples=400, derandomize=True)
    @given(flows())
    def look(graph: Graph) -> None:
        drawn.update(graph.shapes)

    look()

    assert drawn >= SHAPES


@given(flows())
def test_flows_end_and_start_once(graph: Graph) -> None:
    tasks = oracle(graph)

    assert [task for task, parents in tasks.items() if not parents] == [(graph.start, "t")]
    assert [path for step, path in tasks if step == graph.end] == ["t"]


def test_oracle_follows_loops_and_joins() -> None:
    tasks = oracle(LOOP_IN_FOREACH)

    assert tasks["head", "t.0.r0"] == [("start", "t")]
    assert tasks["work", "t.1.r1.0"] == [("head", "t.1.r1")]
    assert tasks["gather", "t.1.r1"] == [("work", "t.1.r1.0")]
    assert tasks["head", "t.0.r1"] == [("latch", "t.0.r0")]
    assert tasks["out", "t.0"] == [("latch", "t.0.r1")]
    assert tasks["join", "t"] == [("out", "t.0"), ("out", "t.1")]
    assert len(tasks) == 1 + 2 * (2 * 4 + 1) + 2


@given(flows())
def test_renaming_only_renames(graph: Graph) -> None:
    names = dict(zip(sorted(graph.steps), sorted(graph.steps, reverse=True), strict=True))
    renamed = {
        (names[step], path): sorted((names[step], path) for step, path in parents)
        for (step, path), parents in oracle(graph).items()
    }

    assert oracle(rename(graph, names)) == renamed


# Metaflow imports a module of PyYAML's by its old name.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=settings().max_examples // 2)
@given(graph=flows())
def test_metaflow_accepts_flows(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> None:
    assume(graph.only_self_loops)
    file = tmp_path_factory.mktemp("flow") / "flow.py"
    file.write_text(render(graph, module="metaflow"))

    _check_as_metaflow(file, graph.name)


def _check_as_metaflow(file: Path, name: str) -> None:
    from metaflow.graph import FlowGraph
    from metaflow.lint import linter

    spec = importlib.util.spec_from_file_location("random_flow", file)
    assert spec
    assert spec.loader
    # Metaflow reads the source of a step's class through the module that it says it is from.
    sys.modules["random_flow"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Metaflow has no types.
    linter.run_checks(FlowGraph(getattr(module, name)))  # type: ignore[no-untyped-call]


@given(wrong_flows())
def test_wrong_flows_are_python_but_one_sort(wrong: Wrong) -> None:
    if wrong.fault == "not Python":
        with pytest.raises(SyntaxError):
            ast.parse(wrong.source)
    else:
        ast.parse(wrong.source)


@given(flows(max_steps=8))
def test_trails_differ_between_tasks(graph: Graph) -> None:
    assert len(set(trails(graph).values())) == len(execute(graph))
