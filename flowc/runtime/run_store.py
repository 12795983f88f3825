"""One run as tasks read it: its plan, its records and its artifacts."""

from __future__ import annotations

from flowc.runtime.artifacts import Artifacts
from flowc.runtime.errors import TaskMissingError
from flowc.runtime.metadata import Metadata, environment, milliseconds
from flowc.runtime.plan import Foreach
from flowc.runtime.position import enclosing
from flowc.runtime.records import Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.metadata import Place
    from flowc.runtime.plan import Plan
    from flowc.runtime.store import Store

PARAMETERS = "_parameters"
PARAMETERS_PATH = "t"
# Artifacts of the runtime's own: a join never merges them.
OWN = frozenset({"_exception", "_foreach_stack", "_graph_info", "_success", "_task_ok"})
STACK = "_foreach_stack"
_ITEMS = "_foreach_items_"
_ITEMS_IN_CHUNK = 1000
_LIST = str(list)
# What is loaded without need must be small.
_LIGHT = 64 * 1024


class RunStore:
    """The plan, records and artifacts of one run; `place` is where its metadata goes, if any."""

    def __init__(
        self, store: Store, plan: Plan, run: str, patience: float = 0, place: Place | None = None
    ) -> None:
        self.plan = plan
        self.run = run
        self._store = store
        self._place = place
        self.artifacts = Artifacts(store, plan.flow)
        self.records = Records(store, plan.flow, run, patience)

    def task(self, step: str, path: str) -> str:
        """The key of a task below its flow."""
        return f"{self.run}/{step}/{path}"

    def metadata(
        self, step: str, path: str, attempt: int, now: Callable[[], int] = milliseconds
    ) -> Metadata:
        """What Metaflow's Client is told of an attempt."""
        return Metadata(self._place, self.plan.flow, self.task(step, path), attempt, now)

    def committed(self, step: str, path: str) -> dict[str, Artifact]:
        """The artifacts of a committed task; waits for it."""
        attempt = self.records.done(step, path).attempt
        found = self.records.wait_for(lambda: self.artifacts.read(self.task(step, path), attempt))
        if found is None:
            raise TaskMissingError(f"task `{step}` at `{path}` has no artifacts on record")
        return found

    def parameters(self) -> dict[str, Artifact] | None:
        """The artifacts that hold the parameters, or `None` before the first task wrote them."""
        return self.artifacts.read(self.task(PARAMETERS, PARAMETERS_PATH), 0)

    def write_parameters(self, values: dict[str, Any]) -> dict[str, Artifact]:
        """Store the parameters for all tasks to read."""
        self.records.keep_plan(self.plan.text)
        saved = {name: self.artifacts.save(name, value) for name, value in values.items()}
        self.artifacts.write(self.task(PARAMETERS, PARAMETERS_PATH), 0, saved)
        metadata = self.metadata(PARAMETERS, PARAMETERS_PATH, 0)
        metadata.start({**environment(), "script-name": self.plan.file})
        ends = {"start_step": self.plan.start, "end_step": self.plan.end}
        metadata.finish(saved, ends, ok=True)
        return saved

    def save_items(self, items: list[Any], whole: Artifact | None) -> dict[str, Artifact]:
        """Store what a foreach goes over in chunks, so that each task loads its own chunk only.

        `whole` is the artifact that it goes over; a short list is not stored twice.
        """
        if whole and whole.type == _LIST and len(items) <= _ITEMS_IN_CHUNK:
            return {_chunk(0): whole}
        starts = range(0, len(items), _ITEMS_IN_CHUNK)
        chunks = {_chunk(start): items[start : start + _ITEMS_IN_CHUNK] for start in starts}
        return {name: self.artifacts.save(name, chunk) for name, chunk in chunks.items()}

    def item(self, foreach: Foreach, base: str, index: int) -> Any:
        """What a foreach entered at `base` gives to the task with that index."""
        if foreach.gang:
            return index
        name = _chunk(index)
        artifact = self.committed(foreach.at, base)[name]
        return self.artifacts.load(name, artifact)[index % _ITEMS_IN_CHUNK]

    def has_light_item(self, foreach: Foreach, base: str, index: int) -> bool:
        """Whether the item with that index takes no time to load."""
        return not foreach.gang and self.committed(foreach.at, base)[_chunk(index)].size < _LIGHT

    def foreaches(self, step: str, path: str) -> Iterator[tuple[Foreach, str, int]]:
        """The foreaches around a task, outermost first: each with its base path and the index."""
        frames = path.split(".")
        for depth, region in enumerate(enclosing(self.plan, step), start=1):
            if isinstance(region, Foreach):
                yield region, ".".join(frames[:depth]), int(frames[depth])


def inherited(artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """What a task passes on to the next: all but what tells of its own foreaches."""
    found = without_items(artifacts)
    found.pop(STACK, None)
    return found


def without_items(artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """The artifacts but for the items of the task's own foreach, which only flowc knows."""
    return {name: found for name, found in artifacts.items() if not name.startswith(_ITEMS)}


def _chunk(index: int) -> str:
    return f"{_ITEMS}{index // _ITEMS_IN_CHUNK}"
