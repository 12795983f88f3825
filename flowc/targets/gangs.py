"""What gangs ask of an engine: to run all members at once."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.ir.flow import Flow, Step
from flowc.ir.region import Block, Foreach, Split, Task, inner_blocks, walk

# The shim's variable for how long members wait for each other, and what it takes without it.
_TIMEOUT = "FLOWC_GANG_TIMEOUT"
_TIMEOUT_SECONDS = 600


def members(flow: Flow) -> frozenset[str]:
    """The steps that run as a gang."""
    bodies = [region.body for region in _gangs(flow.body)]
    return frozenset(each.step for body in bodies for each in body if isinstance(each, Task))


def too_large(flow: Flow, max_workers: int) -> Iterator[tuple[Step, int]]:
    """The steps that lead to a gang which is known to be larger than the cap; its size."""
    for at in dict.fromkeys(region.at for region in _gangs(flow.body)):
        size = _size(flow.steps[at])
        if size is not None and size > max_workers:
            yield flow.steps[at], size


def run_cap(flow: Flow, max_workers: int) -> int | None:
    """The cap on the tasks of a run; none where the members of gangs might wait for places."""
    sizes = {_size(flow.steps[region.at]) for region in _gangs(flow.body)}
    return None if None in sizes or _most_at_once(flow.body) > 1 else max_workers


def waiting_time(step: Step) -> int:
    """How many seconds a member may wait for the others before its own time begins."""
    text = step.environment.get(_TIMEOUT, "")
    return int(text) if text.isdecimal() else _TIMEOUT_SECONDS


def _gangs(body: Block) -> list[Foreach]:
    return [region for region in walk(body) if isinstance(region, Foreach) and region.gang]


def _size(step: Step) -> int | None:
    size = step.transition.size if step.transition else None
    return size if isinstance(size, int) else None


def _most_at_once(block: Block) -> int:
    """How many gangs may run at the same time; 2 stands for more."""
    most = 0
    for region in block:
        inside = [_most_at_once(inner) for inner in inner_blocks(region)]
        match region:
            case Foreach(_, _, True):
                found = 1
            case Foreach():
                found = 2 * max(inside)
            case Split():
                found = sum(inside)
            case _:
                found = max(inside, default=0)
        most = max(most, found)
    return min(most, 2)
