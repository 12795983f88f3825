"""What a flow object reads and leaves behind: the place of its task and the artifacts there."""

from __future__ import annotations

from contextlib import suppress
from types import FunctionType, MethodType

from flowc.runtime.artifacts import is_immutable
from flowc.runtime.errors import ArtifactError
from flowc.runtime.foreach_stack import frame, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.gang import Place
    from flowc.runtime.plan import Step
    from flowc.runtime.run_store import RunStore
    from flowc.runtime.transition import Transition

SLOT = "_flowc"


class Context:
    """A task as its flow object sees it.

    `artifacts` is what the object reads; those loaded are kept in the object itself, as are those
    assigned, until `collect` stores them.
    """

    def __init__(
        self, run: RunStore, step: Step, path: str, artifacts: dict[str, Artifact]
    ) -> None:
        self.run = run
        self.step = step
        self.path = path
        self.artifacts = artifacts
        self._task = f"{step.name}/{path}"
        self.transition: Transition | None = None
        self._constants: dict[str, Any] = {}
        self._unchanged: dict[str, Any] = {}
        self._items: dict[str, Any] = {}

    def load(self, name: str) -> Any:
        """The value of an artifact that is there."""
        value = self.run.artifacts.load(name, self.artifacts[name], self._task)
        if is_immutable(value):
            self._unchanged[name] = value
        return value

    def constant(self, name: str) -> Any:
        """The value of a parameter."""
        if name not in self.artifacts:
            raise AttributeError(f"parameter `{name}` has no value in this run")
        if name not in self._constants:
            artifact = self.artifacts[name]
            self._constants[name] = self.run.artifacts.load(name, artifact, self._task)
        return self._constants[name]

    def collect(self, values: Mapping[str, Any]) -> dict[str, Artifact]:
        """Store the attributes of the flow object; all artifacts that the task leaves behind.

        A loaded value is stored again if it may have been changed in place.
        """
        found = dict(self.artifacts)
        for name, value in values.items():
            if self._is_artifact(name, value):
                found[name] = self.run.artifacts.save(name, value)
        return found

    def foreach_stack(self) -> list[tuple[int, int, Any]]:
        """Index, count and value of each foreach around the task, outermost first."""
        return [
            (index, self.run.records.control(foreach.at, base).count, self._item(depth))
            for depth, (foreach, base, index) in enumerate(self._foreaches())
        ]

    def frames(self) -> list[SimpleNamespace]:
        """Each foreach around the task as Metaflow has it, outermost first.

        Items are in them that the step has looked at, or that are small.
        """
        return [
            frame(
                self.run,
                foreach.at,
                self.run.records.control(foreach.at, base).count,
                index,
                self._shown(depth),
            )
            for depth, (foreach, base, index) in enumerate(self._foreaches())
        ]

    def index(self) -> int | None:
        """The index in the innermost foreach, or `None` outside of any."""
        foreaches = self._foreaches()
        return foreaches[-1][2] if foreaches else None

    def input(self) -> Any:
        """The value of the innermost foreach, or `None` outside of any."""
        return self._item(-1) if self._foreaches() else None

    def gang(self) -> tuple[int, int] | None:
        """Size of the gang and the task's index in it, or `None` outside of any."""
        foreaches = self._foreaches()
        if not foreaches or not foreaches[-1][0].gang:
            return None
        foreach, base, index = foreaches[-1]
        return self.run.records.control(foreach.at, base).count, index

    def place_in_gang(self, attempt: int) -> Place | None:
        """Which member of which gang the task is, or `None` outside of any."""
        member = self.gang()
        if member is None:
            return None
        from flowc.runtime.gang import Place  # noqa: PLC0415 (few steps are of a gang)

        (size, index), (_, base, _) = member, self._foreaches()[-1]
        run, step = self.run, self.step
        return Place(
            f"{run.plan.flow}/{run.run}/_flowc/gang/{step.name}/{base}",
            control=f"{base}.0",
            index=index,
            size=size,
            is_last=attempt >= step.retries + (step.catch is not None),
        )

    def _item(self, depth: int) -> Any:
        foreach, base, index = self._foreaches()[depth]
        if base not in self._items:
            self._items[base] = self.run.item(foreach, base, index)
        return self._items[base]

    def _shown(self, depth: int) -> str | None:
        foreach, base, index = self._foreaches()[depth]
        if foreach.gang:
            return None
        # A step that did not get to its end may have failed for the item's sake.
        is_whole = self.transition is not None
        if base not in self._items and not (
            is_whole and self.run.has_light_item(foreach, base, index)
        ):
            return None
        with suppress(ArtifactError):
            return text_of(self._item(depth))
        return None

    def _foreaches(self) -> list[Any]:
        return list(self.run.foreaches(self.step.name, self.path))

    def _is_artifact(self, name: str, value: object) -> bool:
        if name == SLOT or name.startswith("__") or isinstance(value, (FunctionType, MethodType)):
            return False
        return name not in self._unchanged or self._unchanged[name] is not value
