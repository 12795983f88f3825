"""Of flows with an edge or an argument changed, flowc and Metaflow take the same ones.

What both take is the same graph to both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from metaflow_graph import Metaflow, assert_agree, drawn, read
from random_flows import END, LINEAR, SPLIT, SWITCH, Graph, Node, flows, render

if TYPE_CHECKING:
    from collections.abc import Callable


def _leading_elsewhere(node: Node, target: str) -> Node:
    return replace(node, next=(*node.next[:-1], target), header="")


def _leading_elsewhere_first(node: Node, target: str) -> Node:
    return replace(node, next=(target, *node.next[1:]), header="")


def _splitting(node: Node, target: str) -> Node:
    return Node(SPLIT, (*node.next[:2], target), join=node.join)


def _choosing(node: Node, target: str) -> Node:
    return Node(SWITCH, (node.next[0], target), join=node.join, table=(0,), cases=("a", "b"))


def _joining(node: Node, _: str) -> Node:
    return replace(node, join=not node.join, item=False)


def _plain(node: Node, _: str) -> Node:
    return Node(LINEAR, node.next[:1], join=node.join)


CHANGES: tuple[Callable[[Node, str], Node], ...] = (
    *(_leading_elsewhere, _leading_elsewhere_first, _splitting, _choosing, _joining, _plain),
)


@st.composite
def changed_flows(draw: st.DrawFn) -> Graph:
    """Well-formed flows of which one or two steps have then been given another transition."""
    graph = draw(flows(max_steps=8, own_ends=False))
    names = sorted(graph.steps)
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from([name for name in names if graph.steps[name].kind != END]))
        node = graph.steps[name]
        # What leads a little further often is a flow still; other targets seldom are.
        near = [beyond for follow in node.next for beyond in graph.steps[follow].next]
        target = draw(st.sampled_from(names) | st.sampled_from(near or names))
        node = draw(st.sampled_from(CHANGES))(node, target)
        graph = replace(graph, steps={**graph.steps, name: node})
    return graph


@drawn(150)
@given(graph=changed_flows())
def test_both_take_the_same_flows(metaflow: Metaflow, graph: Graph) -> None:
    source = render(graph)
    flow, codes = read(source)
    answer = metaflow.read(source)
    event(f"Metaflow {answer.outcome}, flowc {'ok' if flow else codes}")
    if flow and answer.outcome != "hangs":
        assert_agree(answer, flow)
    elif not flow:
        assert answer.outcome != "ok", codes


# Metaflow refuses the first; of the second its check takes what fails in its run.
IN_TWO_BRANCHES = {
    "shared by two branches": {"a": "self.next(self.c)", "b": "self.next(self.c)"},
    "an arm into another branch": {
        "a": "self.next({1: self.b, 2: self.c}, condition='x')",
        "b": "self.next(self.join)",
    },
}


@pytest.mark.parametrize("name", IN_TWO_BRANCHES)
def test_a_step_stands_in_one_branch_only(name: str) -> None:
    steps = {"start": "self.next(self.a, self.b)", **IN_TWO_BRANCHES[name]}
    steps |= {"c": "self.next(self.join)", "end": "pass"}
    lines = [f"    @step\n    def {step}(self):\n        {body}\n" for step, body in steps.items()]
    join = "    @step\n    def join(self, inputs):\n        self.next(self.end)\n"
    head = "from flowc import FlowSpec, step\n\n\nclass TestFlow(FlowSpec):\n"

    _, codes = read("\n".join([head, *lines, join]))

    assert codes
