"""The inputs of a join: the tasks that end its branches, each loaded when it is looked at."""

from __future__ import annotations

from flowc.runtime.context import SLOT, Context
from flowc.runtime.errors import FlowError, MergeConflictError, MergeMissingError
from flowc.runtime.run_store import OWN, inherited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.plan import Step
    from flowc.runtime.position import TaskId
    from flowc.runtime.run_store import RunStore
    from flowc.runtime.spec import FlowSpec

# A join over a wide foreach must not hold what all of its inputs have loaded.
_KEPT = 64


class Inputs:
    """The inputs of a join: by index, by iteration, or by the name of the step that ends a branch.

    A step of several branches or indices stands for its last one.
    """

    def __init__(self, run: RunStore, flow: type[FlowSpec], tasks: Sequence[TaskId]) -> None:
        self._run = run
        self._flow = flow
        self._tasks = tasks
        self._positions = range(len(tasks))
        self._kept: dict[int, FlowSpec] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, index: Any) -> Any:
        found = self._positions[index]
        if isinstance(found, range):
            return [self._input(position) for position in found]
        return self._input(found)

    def __iter__(self) -> Iterator[FlowSpec]:
        return map(self._input, self._positions)

    def __getattr__(self, step: str) -> FlowSpec:
        steps = [name for name, _ in self._tasks]
        if step.startswith("__") or step not in steps:
            known = ", ".join(dict.fromkeys(steps))
            raise AttributeError(f"the inputs have no step `{step}`; they come from {known}")
        return self._input(len(steps) - 1 - steps[::-1].index(step))

    def __getstate__(self) -> object:
        raise FlowError(UNPICKLABLE)

    def _input(self, position: int) -> FlowSpec:
        if position not in self._kept:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[position] = self._load(*self._tasks[position])
        return self._kept[position]

    def _load(self, step: str, path: str) -> FlowSpec:
        artifacts = inherited(self._run.committed(step, path))
        flow = self._flow.__new__(self._flow)
        vars(flow)[SLOT] = Context(self._run, self._run.plan.step(step), path, artifacts)
        return flow


UNPICKLABLE = (
    "flows can't be serialized: instead of assigning `self` or one of the inputs to an attribute, "
    "choose the artifacts to be stored, such as `input.some_var`"
)


def merge(
    flow: FlowSpec, step: Step, inputs: Any, exclude: Sequence[str], include: Sequence[str]
) -> dict[str, Artifact]:
    """The artifacts that all inputs with them agree on and that `flow` has not set itself."""
    if not step.join:
        raise FlowError(
            f"merge_artifacts can only be called in a join, and step `{step.name}` is not a join"
        )
    if exclude and include:
        raise FlowError("`exclude` and `include` are mutually exclusive in merge_artifacts")
    merged: dict[str, Artifact] = {}
    conflicts: dict[str, None] = {}
    for each in inputs:
        for name, artifact in vars(each)[SLOT].artifacts.items():
            wanted = name in include if include else name not in exclude and name not in OWN
            if not wanted or _is_set(flow, name):
                continue
            if merged.setdefault(name, artifact).sha != artifact.sha:
                conflicts[name] = None
    _check(flow, step, merged, list(conflicts), include)
    return merged


def _check(
    flow: FlowSpec,
    step: Step,
    merged: dict[str, Artifact],
    conflicts: Sequence[str],
    include: Sequence[str],
) -> None:
    if conflicts:
        raise MergeConflictError(
            f"step `{step.name}` cannot merge the following artifacts due to them having "
            f"conflicting values: [{', '.join(conflicts)}]; set them explicitly "
            "(self.<artifact_name> = ...) before calling merge_artifacts",
            conflicts,
        )
    missing = [name for name in include if name not in merged and not _is_set(flow, name)]
    if missing:
        raise MergeMissingError(
            f"step `{step.name}` specifies that [{', '.join(include)}] should be merged, but "
            f"[{', '.join(missing)}] are not present in any input",
            missing,
        )


def _is_set(flow: FlowSpec, name: str) -> bool:
    # `hasattr(flow, name)` would load the artifact.
    has_value = name in vars(flow) or name in vars(flow)[SLOT].artifacts
    return has_value or hasattr(type(flow), name)
