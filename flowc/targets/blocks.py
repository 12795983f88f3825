"""Blocks as engines run them: a loop takes the switch after it along, as its exits."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.ir.region import Arm, Block, Loop, Region, Switch, Task


def with_exits(block: Block) -> Iterator[tuple[Region, tuple[Arm, ...]]]:
    """The regions of a block, each loop with the arms of the switch that are its exits."""
    rest = block
    while rest:
        match rest:
            case (Loop(at) as loop, Switch(after, arms), *_) if at == after:
                yield loop, arms
                rest = rest[2:]
            case _:
                yield rest[0], ()
                rest = rest[1:]


def is_alone(block: Block) -> bool:
    """Whether one template runs all of the block, so that it needs none of its own."""
    match tuple(with_exits(block)):
        case ((Task() | Loop(), _),):
            return True
        case _:
            return False


def first_step(block: Block) -> str:
    """The step that a block which is not empty begins with."""
    match block[0]:
        case Task(step):
            return step
        case Loop(_, to):
            return to
        case region:
            return region.at
