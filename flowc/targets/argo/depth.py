"""How deep Argo will nest templates, seen from the regions, before any template is made."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task
from flowc.targets.blocks import is_alone, with_exits

# A block, and how deep the template is that calls what runs it.
_Placed: TypeAlias = tuple[int, Block]


def deepest(body: Block) -> tuple[int, str]:
    """The most templates inside each other if each loop runs once, and the step of the innermost.

    The step's own template counts too.
    """
    depth, step = 0, ""
    waiting: list[_Placed] = [(1, body)]
    while waiting:
        around, block = waiting.pop()
        for region, exits in with_exits(block):
            if isinstance(region, Task) and around + 1 > depth:
                depth, step = around + 1, region.step
            waiting += _inner(region, exits, around)
    return depth, step


def _inner(region: Region, exits: tuple[Arm, ...], around: int) -> list[_Placed]:
    match region:
        case Task():
            return []
        case Split(_, branches):
            return [_called(around, branch) for branch in branches]
        case Switch(_, arms):
            return [_called(around, arm.body) for arm in arms]
        case Foreach(_, body):
            return [_called(around + 1, body)]
        case Loop(_, _, body):
            return [(around + 1, body), *(_called(around + 1, arm.body) for arm in exits)]
        case _:
            assert_never(region)


def _called(around: int, block: Block) -> _Placed:
    return (around if is_alone(block) else around + 1), block
