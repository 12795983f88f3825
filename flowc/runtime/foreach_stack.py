"""The foreaches around a task, outermost first, as Metaflow records them."""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flowc.runtime.run_store import RunStore

# Metaflow's own limits.
_LONGEST_VALUE = 30
_LONGEST_STACK = 256
_CONTROL_TASK = {"internal_task_type": "control_task"}


def frame(run: RunStore, at: str, count: int, index: int, item: str | None) -> SimpleNamespace:
    """An entry of the artifact `_foreach_stack`, which the Client takes a task's index from.

    It stands for a class that only Metaflow has, and is read where that is not installed, too.
    """
    step = run.plan.step(at)
    var = step.artifact or "_parallel_ubf_iter"
    return SimpleNamespace(step=step.next[0], var=var, num_splits=count, index=index, value=item)


def whereabouts(run: RunStore, step: str, path: str) -> dict[str, Any]:
    """The facts by which the Client finds a task's parents, children and gang."""
    found = list(run.foreaches(step, path))
    if not found:
        return {}
    words = [f"{run.plan.step(foreach.at).next[0]}:{index}" for foreach, _, index in found]
    foreach, _, index = found[-1]
    control = _CONTROL_TASK if foreach.gang and index == 0 else {}
    return {"foreach-execution-path": ",".join(words), **control}


def summary(frames: Sequence[SimpleNamespace]) -> dict[str, Any]:
    """The fact that tells what a task is for, by the items that it was given."""
    words: list[str] = []
    for each in frames:
        word = f"{each.var}={each.value}"
        if not each.value or sum(map(len, words)) + len(word) > _LONGEST_STACK:
            break
        words.append(word)
    return {"foreach-stack": words} if words else {}


def text_of(item: object) -> str | None:
    """An item in at most 30 characters, or `None` if it cannot be shown."""
    try:
        if isinstance(item, (str, int, float)):
            return str(item)[:_LONGEST_VALUE]
        from reprlib import Repr  # noqa: PLC0415 (few items are of other types)

        return Repr().repr(item)[:_LONGEST_VALUE]
    except Exception:  # noqa: BLE001 (an item's own methods may raise anything)
        return None
