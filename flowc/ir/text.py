"""The printed IR: a flow's regions as indented text, for readers and golden files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from flowc.ir.flow import Flow
from flowc.ir.region import Block, Foreach, Loop, Region, Split, Switch, Task

_INDENT = "  "


def render_text(flow: Flow) -> str:
    """The flow's structure, a region a line.

    A task is its step, followed by `!count` or `!next` if it emits one.
    """
    parameters = "".join(f" {parameter.name}:{parameter.kind}" for parameter in flow.parameters)
    lines = [f"flow {flow.name}{parameters}", *_block(flow.body, 1)]
    return "\n".join(lines) + "\n"


def _block(block: Block, depth: int) -> Iterator[str]:
    for region in block:
        for line in _region(region):
            yield _INDENT * depth + line


def _region(region: Region) -> Iterator[str]:
    match region:
        case Task(step, emits):
            yield f"{step} !{emits}" if emits else step
        case Split(at, branches):
            yield f"split {at}"
            for branch in branches:
                yield f"{_INDENT}branch"
                yield from _block(branch, 2)
        case Foreach(at, body, gang):
            yield f"gang {at}" if gang else f"foreach {at}"
            yield from _block(body, 1)
        case Switch(at, arms):
            yield f"switch {at}"
            for arm in arms:
                yield f"{_INDENT}to {arm.to}"
                yield from _block(arm.body, 2)
        case Loop(at, to, body):
            yield f"loop while {at} chooses {to}"
            yield from _block(body, 1)
        case _:
            assert_never(region)
