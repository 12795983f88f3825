"""Which foreaches give each item an execution of its own, and what fits the others' history.

An execution has room for 25,000 events, each of its states takes a few, and what runs inline takes
them again for each item. A child execution has a history of its own.
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from flowc.ir.region import Block, Emits, Foreach, Loop, Region, Split, Switch, Task, walk
from flowc.targets.step_functions.gangs import head
from flowc.targets.target import MapMode

HISTORY_LIMIT = 25_000
INLINE_CONCURRENCY = 40

# Items that run inline are more than this only where somebody has asked for it.
_ROOMY = 1_000
# Where fewer fit, it is said.
_TIGHT = 250

# A job is entered, scheduled, started, submitted, succeeded and left; a read is not submitted.
_JOB, _READ, _PASS, _CHOICE, _PARALLEL, _MAP, _ITEM, _MAP_RUN = 6, 5, 2, 2, 4, 4, 2, 5

# The job of a gang is looked at until it ends, so often if that takes four hours.
_GANG_JOB = 900


@dataclass(frozen=True, slots=True)
class Fan:
    """How wide foreaches run: so many items of each at once, in a way that may be asked for."""

    max_workers: int
    mode: MapMode = MapMode.AUTO


@dataclass(frozen=True, slots=True)
class Room:
    """How often something fits into an execution's history, where all else happens once."""

    region: Foreach | Loop
    events: int
    times: int

    @property
    def is_tight(self) -> bool:
        """Whether a usual number of items or rounds might not fit."""
        return self.times < _TIGHT


def distributed(body: Block, fan: Fan) -> frozenset[str]:
    """The steps whose foreach gives each item an execution of its own."""
    return frozenset(_distributed(body, fan, in_child=False, in_loop=False))


def executions(body: Block, apart: frozenset[str]) -> Iterator[Block]:
    """What runs in one execution each: the flow, and the body of each foreach that is `apart`."""
    yield body
    for region in walk(body):
        if isinstance(region, Foreach) and region.at in apart:
            yield region.body


def events(block: Block, apart: frozenset[str], jobs: frozenset[str] = frozenset()) -> int:
    """The events of a block whose foreaches have one item, and whose loops one round.

    `jobs` are the steps whose gangs are a job each.
    """
    return sum(_events(region, apart, jobs) for region in block)


def rooms(execution: Block, apart: frozenset[str], jobs: frozenset[str]) -> Iterator[Room]:
    """For all that an execution repeats within its own history, how often it may."""
    once = events(execution, apart, jobs)
    for region in _within(execution, apart):
        if isinstance(region, Loop) or (isinstance(region, Foreach) and region.at not in apart):
            each = _ITEM if isinstance(region, Foreach) else _CHOICE
            each += events(region.body, apart, jobs)
            yield Room(region, each, (HISTORY_LIMIT - once) // each + 1)


def _distributed(block: Block, fan: Fan, *, in_child: bool, in_loop: bool) -> Iterator[str]:
    for region in block:
        match region:
            case Foreach(at, body):
                is_apart = _is_apart(region, fan, in_child=in_child, in_loop=in_loop)
                if is_apart:
                    yield at
                inner = in_loop and not is_apart
                yield from _distributed(body, fan, in_child=in_child or is_apart, in_loop=inner)
            case Loop(_, _, body):
                yield from _distributed(body, fan, in_child=in_child, in_loop=True)
            case Split(_, branches):
                for branch in branches:
                    yield from _distributed(branch, fan, in_child=in_child, in_loop=in_loop)
            case Switch(_, arms):
                for arm in arms:
                    yield from _distributed(arm.body, fan, in_child=in_child, in_loop=in_loop)
            case Task():
                pass
            case _:
                assert_never(region)


def _is_apart(foreach: Foreach, fan: Fan, *, in_child: bool, in_loop: bool) -> bool:
    match fan.mode:
        case MapMode.INLINE:
            return False
        case MapMode.DISTRIBUTED:
            return True
        case MapMode.AUTO:
            # An item that is an execution already has 40 at once of its own, and all map runs of
            # an account together may be 1,000.
            is_wide = fan.max_workers > INLINE_CONCURRENCY and not in_child
            return foreach.gang or is_wide or in_loop or not _is_short(foreach.body)
        case _:
            assert_never(fan.mode)


def _is_short(body: Block) -> bool:
    """Whether the items of a body take a known number of events, and few."""
    if any(isinstance(region, Foreach | Loop) for region in walk(body)):
        return False
    return _ROOMY * (_ITEM + events(body, frozenset())) <= HISTORY_LIMIT


def _within(block: Block, apart: frozenset[str]) -> Iterator[Region]:
    """The regions of an execution, without those in children of it."""
    inside = {id(region) for each in _bodies_apart(block, apart) for region in walk(each)}
    return (region for region in walk(block) if id(region) not in inside)


def _bodies_apart(block: Block, apart: frozenset[str]) -> Iterator[Block]:
    return (each.body for each in walk(block) if isinstance(each, Foreach) and each.at in apart)


def _events(region: Region, apart: frozenset[str], jobs: frozenset[str]) -> int:
    match region:
        case Task(_, emits):
            return _JOB + (_READ if emits is not Emits.NOTHING else 0)
        case Split(_, branches):
            return _PARALLEL + sum(events(branch, apart, jobs) for branch in branches)
        case Foreach(gang=True) if head(region) in jobs:
            return _GANG_JOB
        case Foreach(at, body):
            return _MAP_RUN + _CHOICE if at in apart else _MAP + _ITEM + events(body, apart, jobs)
        case Switch(_, arms):
            return _CHOICE + max((events(arm.body, apart, jobs) for arm in arms), default=0)
        case Loop(_, _, body):
            return _PASS + _CHOICE + events(body, apart, jobs)
        case _:
            assert_never(region)
