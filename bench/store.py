"""Artifacts into a store and out of it again: flowc's own against Metaflow's datastore."""

from __future__ import annotations

import os
import time
from itertools import count
from typing import TYPE_CHECKING, Protocol

from metaflow.datastore.flow_datastore import FlowDataStore
from metaflow.plugins.datastores.local_storage import LocalStorage

from bench.measure import Spread, interleaved, times_less
from flowc.runtime.artifacts import Artifact, Artifacts
from flowc.runtime.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bench.measure import Row

SMALL = 1000
LARGE = 1024**3
# Not slower, as far as such measurements can tell.
TIMES_LESS = 0.95
_TASK = ("1", "step", "1")


class Contender(Protocol):
    """A store in a folder of its own, which one task writes to and another reads from."""

    def put(self, values: Mapping[str, object]) -> None: ...

    def get(self) -> None: ...


class Ours:
    def __init__(self, folder: Path) -> None:
        self._artifacts = Artifacts(FileStore(str(folder)), "BenchFlow")
        self._saved: dict[str, Artifact] = {}

    def put(self, values: Mapping[str, object]) -> None:
        self._saved = {name: self._artifacts.save(name, value) for name, value in values.items()}
        self._artifacts.write("/".join(_TASK), 0, self._saved, time.time())

    def get(self) -> None:
        for name, artifact in self._saved.items():
            self._artifacts.load(name, artifact)


class Theirs:
    def __init__(self, folder: Path) -> None:
        self._store = FlowDataStore("BenchFlow", storage_impl=LocalStorage, ds_root=str(folder))
        self._names: list[str] = []

    def put(self, values: Mapping[str, object]) -> None:
        task = self._store.get_task_datastore(*_TASK, attempt=0, mode="w")
        task.init_task()
        task.save_artifacts(iter(values.items()), len_hint=len(values))
        task.done()
        self._names = list(values)

    def get(self) -> None:
        task = self._store.get_task_datastore(*_TASK, attempt=0, mode="r")
        for _ in task.load_artifacts(self._names):
            pass


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    """For many small artifacts and a large one: the time to put them, and that to get them."""
    values = {f"value_{i}": {"number": i, "text": str(i)} for i in range(SMALL)}
    yield from _rows(f"{SMALL:,} small artifacts", values, rounds, folder / "small")
    # Nothing can compress this, nor tell that it repeats. Half a minute tells enough without
    # a first turn and others.
    large = {"value": os.urandom(LARGE // 32) * 32}
    yield from _rows("an artifact of 1 GiB", large, 0, folder / "large")


def _rows(name: str, values: Mapping[str, object], rounds: int, folder: Path) -> Iterator[Row]:
    contenders = [_Turns(make, values, folder / make.__name__) for make in (Ours, Theirs)]
    for verb, turns in (
        ("put", [each.put for each in contenders]),
        ("get", [each.get for each in contenders]),
    ):
        ours, theirs = interleaved(turns, rounds) if rounds else map(_once, turns)
        yield times_less(f"{verb} {name}", ours, theirs, TIMES_LESS)


class _Turns:
    """A store for each turn, so that nothing is there before."""

    def __init__(
        self, make: Callable[[Path], Contender], values: Mapping[str, object], folder: Path
    ) -> None:
        self._make = make
        self._values = values
        self._folders = (folder / str(number) for number in count())
        self._store = make(next(self._folders))

    def put(self) -> None:
        self._store = self._make(next(self._folders))
        self._store.put(self._values)

    def get(self) -> None:
        self._store.get()


def _once(contender: Callable[[], None]) -> Spread:
    began = time.perf_counter()
    contender()
    return Spread((time.perf_counter() - began,))
