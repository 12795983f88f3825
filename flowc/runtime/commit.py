"""What follows from a commit, whichever execution of the task has made it."""

from __future__ import annotations

from flowc.runtime.foreach_stack import summary
from flowc.runtime.position import decide
from flowc.runtime.run_store import without_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from flowc.runtime.position import Control, TaskId
    from flowc.runtime.records import Done
    from flowc.runtime.run_store import RunStore


def publish(
    run: RunStore, task: TaskId, done: Done, frames: Sequence[Any] = ()
) -> list[tuple[str, Control]]:
    """Tell what follows from a commit; what was decided, the task's own control first.

    `frames` are the foreaches around the task as Metaflow has them.
    """
    step, path = task
    decided = note(run, task, done)
    if done.parameters:
        run.keep_parameters(done)
    run.artifacts.write(run.task(step, path), done.attempt, done.artifacts, done.time)
    metadata = run.metadata(step, path, done.attempt)
    metadata.finish(without_items(done.artifacts), summary(frames), ok=True)
    return decided


def note(run: RunStore, task: TaskId, done: Done) -> list[tuple[str, Control]]:
    """Put on record which loops a commit has left; what was decided, the task's own first."""
    step, path = task
    decided = [(path, done.control)] if done.control else []
    if done.control.next:
        decided = decide(run.plan, step, path, done.control.next)
    for place, control in decided[1:]:
        run.records.write_control(step, place, control)
    return decided
