"""Several tasks in one container: of a foreach's slot, of a loop, or of a step at several paths.

What was interrupted goes on where it was; what has finished as a whole runs all its tasks again.
"""

from __future__ import annotations

import json
import time
from functools import partial

from flowc.runtime.artifacts import sha1
from flowc.runtime.errors import RefusalError
from flowc.runtime.plan import Foreach, Loop, inner_blocks, read_plan
from flowc.runtime.position import enclosing, normalize
from flowc.runtime.run_store import RunStore
from flowc.runtime.store import open_store
from flowc.runtime.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar, Union

    from flowc.runtime.options import Options
    from flowc.runtime.plan import Block, Plan
    from flowc.runtime.position import Control

    Works = Callable[[Walk], Sequence[Callable[[], "T"]]]
    T = TypeVar("T")


def run_region(options: Options) -> list[tuple[str, Control]]:
    """Run regions to their ends; how each loop was left, with the path of its surroundings."""
    run = _opened(options)
    found = [_find(run.plan, options.step, path) for path in options.paths]
    region, base = found[0]
    if isinstance(region, Loop):
        return _run_loops(options, run, region, [base for _, base in found])
    if len(found) > 1:
        raise RefusalError(f"the foreach of `{options.step}` runs at one path at a time")
    indices = _chosen(options, region, run, base)
    name = f"{base}@{options.slot}of{options.slots}" if options.slots else base
    _run_whole(options, run, name, lambda walk: [partial(walk.foreach, region, base, indices)])
    return []


def _run_loops(
    options: Options, run: RunStore, loop: Loop, bases: Sequence[str]
) -> list[tuple[str, Control]]:
    if options.slots:
        raise RefusalError(f"the loop of `{loop.at}` has no slots")
    left = _run_whole(
        options, run, _name(bases), lambda walk: [partial(walk.loop, loop, base) for base in bases]
    )
    return list(zip(bases, left))


def run_group(options: Options) -> list[tuple[str, Control]]:
    """Run a step at several paths; what its task at each of them decided, if anything.

    At its first attempt, all tasks that are not done have all of theirs.
    """
    run = _opened(options)
    step = options.step
    paths = [normalize(run.plan, step, path) for path in options.paths]
    decided = _run_whole(
        options,
        run,
        _name(paths),
        lambda walk: [partial(walk.task, step, path) for path in paths],
        counted=options.attempt != 0,
    )
    pairs = zip(paths, decided)
    return [(path, control) for path, control in pairs if control]


def _opened(options: Options) -> RunStore:
    plan = read_plan(options.plan)
    plan.step(options.step)
    frames = enclosing(plan, options.step)
    gang = [frame for frame in frames if isinstance(frame, Foreach) and frame.gang]
    if gang and len(options.paths) > 1:
        raise RefusalError(
            f"the members of the gang of `{gang[0].at}` wait for each other: each runs by itself"
        )
    return RunStore(open_store(options.store), plan, options.run, options.patience)


def _name(paths: Sequence[str]) -> str:
    """What the record of paths that run in one container is called."""
    if len(set(paths)) < len(paths):
        raise RefusalError(f"one path is there twice in {', '.join(paths)}")
    return paths[0] if len(paths) == 1 else f"{paths[0]}@{sha1(','.join(paths).encode())}"


def _run_whole(
    options: Options, run: RunStore, name: str, works: Works[T], *, counted: bool = True
) -> list[T]:
    """Run works, and put on record that all of them were; what each has returned.

    Attempts that were cut off count, unless `counted` is false.
    """
    record = f"{run.plan.flow}/{run.run}/_flowc/regions/{options.step}/{name}.json"
    walk = Walk(options, run, new=not run.store.exists(record), counted=counted)
    returned = walk.run(works(walk))
    run.store.write(record, json.dumps({"time": time.time()}).encode())
    return returned


def _find(plan: Plan, at: str, path: str) -> tuple[Union[Foreach, Loop], str]:
    """The outermost foreach or loop of a step, and the path at which it is entered."""
    whole = normalize(plan, at, path)
    for depth, frame in enumerate(enclosing(plan, at), start=1):
        if isinstance(frame, Loop) and frame.at == at:
            frames = whole.split(".")
            return frame, ".".join(frames[:depth])
    for foreach in _foreaches(plan.body):
        if foreach.at == at:
            return foreach, whole
    raise RefusalError(f"step `{at}` opens no foreach and closes no loop")


def _foreaches(block: Block) -> Iterable[Foreach]:
    for region in block:
        if isinstance(region, Foreach):
            yield region
        for inner in inner_blocks(region):
            yield from _foreaches(inner)


def _chosen(options: Options, region: Foreach, run: RunStore, base: str) -> Sequence[int]:
    """The indices of a foreach that are this slot's."""
    width = run.records.control(region.at, base).count
    if not options.slots:
        return range(width)
    slots = min(options.slots, width)
    if region.gang and slots > 1:
        raise RefusalError(
            f"the gang of `{region.at}` has no slots: its members wait for each other"
        )
    if not 0 <= options.slot < slots:
        raise RefusalError(f"there is no slot {options.slot} of {slots}")
    return range(options.slot * width // slots, (options.slot + 1) * width // slots)
