"""Regions: a flow's structure as a small tree over step names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never


class Emits(StrEnum):
    """What an orchestrator must read back after a task."""

    NOTHING = ""
    COUNT = "count"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Task:
    """One step, one container. A join is the task after a `Split` or `Foreach`."""

    step: str
    emits: Emits = Emits.NOTHING


@dataclass(frozen=True, slots=True)
class Split:
    """All branches, side by side, opened by the task `at` right before."""

    at: str
    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Foreach:
    """The body once for each index below the count that the task `at` right before emitted.

    A gang's bodies must all run at once.
    """

    at: str
    body: Block
    gang: bool = False


@dataclass(frozen=True, slots=True)
class Arm:
    """What runs when a switch chooses the step `to`; empty if `to` follows the switch anyway."""

    to: str
    body: Block


@dataclass(frozen=True, slots=True)
class Switch:
    """Exactly one arm, by the step name that the task `at` emitted; what follows is the merge."""

    at: str
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """The body, again and again while its last task, the latch `at`, chooses the step `to`.

    Several exits are an ordinary `Switch` with the same `at` right after the loop.
    """

    at: str
    to: str
    body: Block


Region: TypeAlias = Task | Split | Foreach | Switch | Loop
Block: TypeAlias = tuple[Region, ...]


def inner_blocks(region: Region) -> tuple[Block, ...]:
    """The blocks directly inside a region, in order."""
    match region:
        case Task():
            return ()
        case Split(_, branches):
            return branches
        case Switch(_, arms):
            return tuple(arm.body for arm in arms)
        case Foreach(_, body) | Loop(_, _, body):
            return (body,)
        case _:
            assert_never(region)


def walk(block: Block) -> Iterator[Region]:
    """Every region of a block, outer before inner, in order."""
    for region in block:
        yield region
        for inner in inner_blocks(region):
            yield from walk(inner)
