"""Flows from random graphs, without the parser: as if their source had been read."""

from __future__ import annotations

from argo.flows import flow
from random_flows import Graph, Node

from flowc.diagnostics import Span
from flowc.ir.flow import Flow, Kind, Step, Target, Transition
from flowc.passes.nest_regions import nest_regions


def drawn_flow(graph: Graph) -> Flow:
    """The flow of a graph, with its regions."""
    steps = [_step(name, node) for name, node in graph.steps.items()]
    nested, diagnostics = nest_regions(
        flow(graph.name, (), *steps, start=graph.start, end=graph.end)
    )
    assert nested is not None, diagnostics
    return nested


def _step(name: str, node: Node) -> Step:
    here = Span("flow.py")
    targets = tuple(Target(target, here) for target in node.next)
    artifact = "choice" if node.kind == "switch" else "things" if node.kind == "foreach" else ""
    transition = Transition(Kind(node.kind), targets, here, artifact) if targets else None
    return Step(name, here, transition, ("self", "inputs") if node.join else ("self",))
