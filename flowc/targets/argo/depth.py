"""How deep Argo will nest templates, seen from the regions, before any template is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, assert_never

from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task
from flowc.targets.argo.blocks import with_exits

# How many templates there are, one inside the other, and the step of the innermost.
Depth: TypeAlias = tuple[int, str]

_NOTHING: Depth = (0, "")


def deepest(body: Block) -> Depth:
    """The most templates inside each other, if each loop runs once; the container's counts too."""
    return _template(body)


def _template(block: Block) -> Depth:
    return _around(_region(region, exits) for region, exits in with_exits(block))


def _around(callees: Iterable[Depth]) -> Depth:
    depth, step = _most(callees)
    return depth + 1, step


def _most(callees: Iterable[Depth]) -> Depth:
    return max(callees, key=lambda callee: callee[0], default=_NOTHING)


def _callee(block: Block) -> Depth:
    match tuple(with_exits(block)):
        case () | ((Task() | Loop(), _),) as alone:
            return _most(_region(region, exits) for region, exits in alone)
    return _template(block)


def _region(region: Region, exits: tuple[Arm, ...]) -> Depth:
    match region:
        case Task(step):
            return 1, step
        case Split(_, branches):
            return _most(map(_callee, branches))
        case Switch(_, arms):
            return _most(_callee(arm.body) for arm in arms)
        case Foreach(_, body):
            return _around([_callee(body)])
        case Loop(_, _, body):
            return _most([_template(body), _around(_callee(arm.body) for arm in exits)])
        case _:
            assert_never(region)
