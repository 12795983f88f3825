"""What Airflow's pages tell of a flow and its steps, in Markdown."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import assert_never

from flowc.ir.flow import Flow, Step
from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task

_INDENT = "    "


def about_flow(flow: Flow) -> list[str]:
    """What the flow is for, what its steps do one after the other, and where it comes from."""
    doc = _lines(flow.doc)
    made = f"Change `{flow.file}` and compile it again, rather than this file."
    return [*doc, *([""] if doc else []), *_outline(flow, flow.body), "", made]


def about_steps(flow: Flow) -> dict[str, str]:
    """For each step what it is for, and where it is written."""
    return {step.name: _about_step(flow, step) for step in flow.steps.values()}


def _about_step(flow: Flow, step: Step) -> str:
    place = f"`{step.file or flow.file}:{step.span.line}`"
    return "\n".join([*_lines(step.doc), "", place]).lstrip("\n")


def _lines(doc: str) -> list[str]:
    return [line.rstrip() for line in inspect.cleandoc(doc).split("\n")] if doc.strip() else []


def _outline(flow: Flow, block: Block, indent: str = "") -> Iterator[str]:
    """A nested list; steps that follow each other are one entry."""
    chain: list[str] = []
    for region in block:
        if isinstance(region, Task):
            chain.append(f"`{region.step}`")
            continue
        yield from _entry(chain, indent)
        chain = []
        yield from _around(flow, region, indent)
    yield from _entry(chain, indent)


def _entry(chain: list[str], indent: str) -> Iterator[str]:
    if chain:
        yield f"{indent}- {' → '.join(chain)}"


def _around(flow: Flow, region: Region, indent: str) -> Iterator[str]:
    inner = indent + _INDENT
    match region:
        case Task():
            return
        case Split(_, branches):
            yield f"{indent}- at the same time"
            for branch in branches:
                yield from _branch(flow, branch, inner)
        case Foreach(at, body, gang):
            over = f"for each of `{_artifact(flow, at)}`"
            yield f"{indent}- {'by all of a gang' if gang else over}"
            yield from _outline(flow, body, inner)
        case Switch(at, arms):
            yield f"{indent}- by `{_artifact(flow, at)}`, one of"
            for arm in arms:
                yield from _branch(flow, arm.body, inner) if arm.body else _shortcut(arm, inner)
        case Loop(at, _, body):
            yield f"{indent}- again and again, by `{_artifact(flow, at)}`"
            yield from _outline(flow, body, inner)
        case _:
            assert_never(region)


def _branch(flow: Flow, block: Block, indent: str) -> Iterator[str]:
    """One entry, with entries of its own where it is more than a chain of steps."""
    if all(isinstance(region, Task) for region in block):
        yield from _outline(flow, block, indent)
        return
    yield f"{indent}- in turn"
    yield from _outline(flow, block, indent + _INDENT)


def _shortcut(arm: Arm, indent: str) -> Iterator[str]:
    yield f"{indent}- straight on to `{arm.to}`"


def _artifact(flow: Flow, step: str) -> str:
    transition = flow.steps[step].transition
    return transition.artifact if transition else ""
