"""One run as tasks read it: its plan, its records and its artifacts."""

from __future__ import annotations

import time
from contextlib import suppress

from flowc.runtime.about import About
from flowc.runtime.artifacts import Artifacts
from flowc.runtime.errors import RefusalError
from flowc.runtime.metadata import Metadata, environment, milliseconds
from flowc.runtime.plan import Foreach
from flowc.runtime.position import enclosing, normalize
from flowc.runtime.records import Records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.metadata import Place
    from flowc.runtime.plan import Plan
    from flowc.runtime.records import Done
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
        self.store = store
        self._place = place
        self.artifacts = Artifacts(store, plan.flow)
        self.records = Records(store, plan.flow, run, patience)
        self._about: About | None = None

    def of_run(self, run: str) -> RunStore:
        """Another run in the same store, which is over: nothing is waited for."""
        return RunStore(self.store, self.plan, run)

    def task(self, step: str, path: str) -> str:
        """The key of a task below its flow."""
        return f"{self.run}/{step}/{path}"

    def metadata(
        self, step: str, path: str, attempt: int, now: Callable[[], int] = milliseconds
    ) -> Metadata:
        """What Metaflow's Client is told of an attempt."""
        key = self.task(step, path)
        return Metadata(self._place, self.plan.flow, key, attempt, self.about, now)

    def about(self) -> About:
        """What the run is annotated with."""
        if self._about is None:
            self._about = self.records.about()
        return self._about

    def annotate(self, tags: Sequence[str], namespace: str | None, origin: str) -> None:
        """Say what there is to say of the run, before its first task; twice does no harm."""
        given = {} if namespace is None else {"namespace": namespace}
        own = {"tags": tags, "system_tags": _system_tags(self.plan), "origin": origin, **given}
        # Tags can be changed, and are kept when the task is tried again.
        if not self.records.about().entries():
            self.records.write_about(About(own))
        self._about = None

    def committed(self, step: str, path: str) -> dict[str, Artifact]:
        """The artifacts of a committed task; waits for it."""
        return self.records.done(step, path).artifacts

    def parameters(self) -> dict[str, Artifact] | None:
        """The artifacts that hold the parameters, or `None` before the first task wrote them.

        Once that task is committed, they are those that it was committed with.
        """
        start = self.plan.start
        done = self.records.find_done(start, normalize(self.plan, start, PARAMETERS_PATH))
        return (done and _parameters(done)) or self._listed_parameters()

    def write_parameters(
        self, values: dict[str, Any], kept: dict[str, Artifact] | None = None
    ) -> dict[str, Artifact]:
        """Store the parameters for the first task to read, and those after it.

        `kept` are artifacts of another run.
        """
        self.records.keep_plan(self.plan.text)
        saved = {name: self.artifacts.save(name, value) for name, value in values.items()}
        saved = {**(kept or {}), **saved}
        self._list_parameters(saved, time.time())
        return saved

    def keep_parameters(self, done: Done) -> None:
        """List the parameters that the first task was committed with, if others are listed."""
        committed = _parameters(done)
        listed = {}
        with suppress(RefusalError):
            listed = self._listed_parameters() or {}
        if _shas(listed) != _shas(committed):
            self._list_parameters(committed, done.time)

    def _listed_parameters(self) -> dict[str, Artifact] | None:
        return self.artifacts.read(self.task(PARAMETERS, PARAMETERS_PATH), 0)

    def _list_parameters(self, saved: dict[str, Artifact], when: float) -> None:
        self.artifacts.write(self.task(PARAMETERS, PARAMETERS_PATH), 0, saved, when)
        metadata = self.metadata(PARAMETERS, PARAMETERS_PATH, 0)
        metadata.start({**environment(), "script-name": self.plan.file})
        ends = {"start_step": self.plan.start, "end_step": self.plan.end}
        metadata.finish(saved, ends, ok=True)

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


def _system_tags(plan: Plan) -> list[str]:
    project = plan.project
    facts = {"project": project.name, "project_branch": project.branch} if project else {}
    return [f"{field}:{fact}" for field, fact in {**environment(), **facts}.items()]


def inherited(artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """What a task passes on to the next: all but what tells of its own foreaches."""
    found = without_items(artifacts)
    found.pop(STACK, None)
    return found


def without_items(artifacts: dict[str, Artifact]) -> dict[str, Artifact]:
    """The artifacts but for the items of the task's own foreach, which only flowc knows."""
    return {name: found for name, found in artifacts.items() if not name.startswith(_ITEMS)}


def _parameters(done: Done) -> dict[str, Artifact]:
    if not done.parameters:
        return {}
    # The task's own `_success` tells of the task; `_task_ok` is true, as it is for the parameters.
    found = {name: done.artifacts[name] for name in done.parameters}
    return {**found, "_success": done.artifacts["_task_ok"]}


def _shas(artifacts: dict[str, Artifact]) -> dict[str, str]:
    return {name: artifact.sha for name, artifact in artifacts.items()}


def _chunk(index: int) -> str:
    return f"{_ITEMS}{index // _ITEMS_IN_CHUNK}"
