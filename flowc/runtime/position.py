"""Where a task stands: its path, and from that and a few control records, its parents.

A path is `t` and one frame per enclosing foreach or loop: an index (`3`) or an iteration (`r2`).
"""

from __future__ import annotations

from flowc.runtime.errors import GraphError, RefusalError
from flowc.runtime.plan import Foreach, Loop, Split, Switch, Task, inner_blocks, steps_inside

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Union

    from flowc.runtime.plan import Block, Plan, Region

    TaskId = tuple[str, str]
    Before = Callable[[], list[TaskId]]
    Read = Callable[[str, str], "Control"]
    Frame = Union[Foreach, Loop]

ROOT = "t"


class Control:
    """What a task decided about what runs next.

    `count` is a foreach's, `next` the chosen step's name, `path` where a latch's choice runs,
    `last` the iteration in which a loop was left.
    """

    __slots__ = ("count", "last", "next", "path")

    def __init__(self, *, count: int = 0, next: str = "", path: str = "", last: int = -1) -> None:  # noqa: A002
        self.count = count
        self.next = next
        self.path = path
        self.last = last

    def __bool__(self) -> bool:
        return bool(self.count or self.next)

    def entries(self) -> dict[str, Any]:
        """What it says, as JSON has it."""
        last = {"last": self.last} if self.last >= 0 else {}
        named = {"count": self.count, "next": self.next, "path": self.path}
        return {**{key: entry for key, entry in named.items() if entry}, **last}


def enclosing(plan: Plan, step: str) -> list[Frame]:
    """The foreaches and loops around a step, outermost first: one for each frame of its path."""
    found = _frames(plan.body, step)
    if found is None:
        raise RefusalError(f"step `{step}` is not in the body of the plan of `{plan.flow}`")
    return found


def normalize(plan: Plan, step: str, path: str) -> str:
    """The task's own path from the path of its surroundings: a loop's first iteration is added.

    Every frame of a loop but the first was written by a latch, after a whole path, so a missing
    one is always `r0`.
    """
    given = path.split(".")
    frames = [given.pop(0)]
    for region in enclosing(plan, step):
        is_loop = isinstance(region, Loop)
        if given and given[0].startswith("r") == is_loop:
            frames.append(given.pop(0))
        elif is_loop:
            frames.append("r0")
        else:
            raise RefusalError(_wrong_path(plan, step, path))
    if given or frames[0] != ROOT or not all(map(_is_frame, frames[1:])):
        raise RefusalError(_wrong_path(plan, step, path))
    return ".".join(frames)


def parents(plan: Plan, step: str, path: str, read: Read) -> list[TaskId]:
    """The tasks whose artifacts a task starts from: none for the first, many for a join.

    They come in the order of branches and indices. `read` gives the control record of a task; one
    that tells nothing about the parents is never asked for.
    """
    found = _Search(step, path, read).in_block(plan.body, ROOT, list)
    if found is None:
        raise RefusalError(f"step `{step}` cannot run at `{path}`: the run took another way")
    return found


def decide(plan: Plan, step: str, path: str, chosen: str) -> list[tuple[str, Control]]:
    """The control records of a switch that chose a step, each with the path it belongs to.

    The task's own comes first. A latch that leaves its loop also tells so at the loop's own path.
    """
    left = []
    onward = path
    is_latch = False
    for region in reversed(enclosing(plan, step)):
        if region.at != step or not isinstance(region, Loop):
            break
        is_latch = True
        base, iteration = _split_iteration(onward)
        if chosen == region.to:
            onward = f"{base}.r{iteration + 1}"
            break
        left.append((base, Control(next=chosen, last=iteration)))
        onward = base
    return [(path, Control(next=chosen, path=onward if is_latch else "")), *left]


def leaving(block: Block, base: str, before: Before, read: Read) -> list[TaskId]:
    """The tasks that end a block entered at `base`; what was `before` it, if nothing runs in it."""
    if not block:
        return before()
    region, rest = block[-1], block[:-1]
    if isinstance(region, Task):
        return [(region.step, base)]
    return _leaving(region, base, lambda: leaving(rest, base, before, read), read)


def _leaving(region: Region, base: str, before: Before, read: Read) -> list[TaskId]:
    if isinstance(region, Split):
        return [task for body in region.branches for task in leaving(body, base, before, read)]
    if isinstance(region, Foreach):
        count = read(region.at, base).count
        body = region.body
        return [task for i in range(count) for task in leaving(body, f"{base}.{i}", before, read)]
    if isinstance(region, Loop):
        last = read(region.at, base).last
        return leaving(region.body, f"{base}.r{last}", before, read)
    if isinstance(region, Switch):
        return leaving(_chosen(region, base, read), base, before, read)
    return [(region.step, base)]


class _Search:
    """The way down to one task, which keeps hold of what ran right before."""

    def __init__(self, step: str, path: str, read: Read) -> None:
        self._step = step
        self._path = path
        self._frames = path.split(".")
        self._read = read

    def in_block(self, block: Block, base: str, before: Before) -> list[TaskId] | None:
        for i, region in enumerate(block):
            if self._step not in steps_inside(region):
                continue
            found = self._in_region(region, base, _ending(block[:i], base, before, self._read))
            if found is not None:
                return found
        return None

    def _in_region(self, region: Region, base: str, before: Before) -> list[TaskId] | None:
        if isinstance(region, Task):
            return before() if base == self._path else None
        if isinstance(region, Split):
            branch = next(body for body in region.branches if self._is_in(body))
            return self.in_block(branch, base, before)
        if isinstance(region, Switch):
            return self.in_block(_chosen(region, base, self._read), base, before)
        return self._in_frame(region, base, before)

    def _in_frame(self, region: Frame, base: str, before: Before) -> list[TaskId] | None:
        depth = base.count(".") + 1
        inner = ".".join(self._frames[: depth + 1])
        if isinstance(region, Loop):
            _, iteration = _split_iteration(inner)
            if iteration > 0:
                earlier = f"{base}.r{iteration - 1}"
                return self.in_block(
                    region.body, inner, _ending(region.body, earlier, before, self._read)
                )
        return self.in_block(region.body, inner, before)

    def _is_in(self, block: Block) -> bool:
        return any(self._step in steps_inside(region) for region in block)


def _ending(block: Block, base: str, before: Before, read: Read) -> Before:
    return lambda: leaving(block, base, before, read)


def _chosen(switch: Switch, base: str, read: Read) -> Block:
    chosen = read(switch.at, base).next
    if chosen not in switch.arms:
        raise GraphError(f"switch `{switch.at}` has no arm for `{chosen}`")
    return switch.arms[chosen]


def _frames(block: Block, step: str) -> list[Frame] | None:
    for region in block:
        if isinstance(region, Task) and region.step == step:
            return []
        for body in inner_blocks(region):
            found = _frames(body, step)
            if found is not None:
                return [region, *found] if isinstance(region, (Foreach, Loop)) else found
    return None


def _split_iteration(path: str) -> tuple[str, int]:
    base, _, iteration = path.rpartition(".r")
    return base, int(iteration)


def _is_frame(frame: str) -> bool:
    digits = frame.removeprefix("r")
    return digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")


def _wrong_path(plan: Plan, step: str, path: str) -> str:
    shape = (".rN" if isinstance(region, Loop) else ".N" for region in enclosing(plan, step))
    return f"`{path}` is no path of step `{step}`, whose paths look like `{ROOT}{''.join(shape)}`"
