"""Checks what every emitter relies on; a breach is a bug of flowc's, not of the flow."""

from __future__ import annotations

from itertools import pairwise
from typing import assert_never

from flowc.errors import InternalError
from flowc.ir.flow import Flow
from flowc.ir.region import Block, Emits, Foreach, Loop, Region, Split, Switch, Task, walk


def verify(flow: Flow) -> None:
    """Raise `InternalError` unless the flow's regions hold what emitters rely on.

    - Every step stands in the regions, and every name in them is a step.
    - A split follows the task that opens it, and a join follows the split.
    - A foreach follows a task that emits `count`, a switch one that emits `next`, or a loop.
    - A loop's body ends with its latch, which emits `next`.
    - No branch and no body is empty; only a switch's arm may be.
    """
    _require(bool(flow.body), "the flow has no regions")
    standing = {region.step for region in walk(flow.body) if isinstance(region, Task)}
    _require(standing == set(flow.steps), f"steps differ: {sorted(standing ^ set(flow.steps))}")
    _block(flow, flow.body)


def _block(flow: Flow, block: Block) -> None:
    for before, region in pairwise((None, *block)):
        assert region is not None
        _opened(before, region)
        _inside(flow, region)
    for region, after in pairwise((*block, None)):
        if isinstance(region, Split | Foreach):
            joins = isinstance(after, Task) and flow.steps[after.step].joins
            _require(joins, f"no join follows what {region.at} opens")


def _opened(before: Region | None, region: Region) -> None:
    """Check that the region follows the task that opens it."""
    match region:
        case Task() | Loop():
            return
        case Split(at):
            _require(before == Task(at), f"the split at {at} does not follow its step")
        case Foreach(at):
            _require(before == Task(at, Emits.COUNT), f"the foreach at {at} has no count")
        case Switch(at):
            _require(_chooses(before, at), f"the switch at {at} has no choice")
        case _:
            assert_never(region)


def _chooses(region: Region | None, at: str) -> bool:
    """Whether the region leaves behind what the switch step `at` chose."""
    return region == Task(at, Emits.NEXT) or (isinstance(region, Loop) and region.at == at)


def _inside(flow: Flow, region: Region) -> None:
    match region:
        case Task():
            return
        case Split(at, branches):
            _require(all(branches), f"a branch of {at} is empty")
            for branch in branches:
                _block(flow, branch)
        case Foreach(at, body):
            _require(bool(body), f"the body of {at} is empty")
            _block(flow, body)
        case Switch(at, arms):
            _require(len(arms) > 1, f"the switch at {at} has a single arm")
            for arm in arms:
                _block(flow, arm.body)
        case Loop(at, _, body):
            _require(body[-1:] == (Task(at, Emits.NEXT),), f"the loop at {at} is not closed by it")
            _block(flow, body)
        case _:
            assert_never(region)


def _require(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise InternalError(message)
