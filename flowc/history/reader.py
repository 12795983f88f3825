"""Reads a store's records; what cannot be read is a `UsageError` that names it."""

from __future__ import annotations

import io
import json
import pickle
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from flowc.errors import UsageError
from flowc.runtime.artifacts import Artifacts, unpacked
from flowc.runtime.errors import FlowError, RefusalError
from flowc.runtime.records import Records, origin_of
from flowc.runtime.run_store import RunStore
from flowc.runtime.store import FileStore, open_store

if TYPE_CHECKING:
    from flowc.runtime.about import About
    from flowc.runtime.artifacts import Artifact
    from flowc.runtime.metadata import Place
    from flowc.runtime.plan import Plan
    from flowc.runtime.records import Done

_PARAMETERS = "_parameters/t"


class Reader:
    """A store as those see it who were not there: `url` names it in messages."""

    def __init__(self, url: str) -> None:
        self.url = url
        with self.readable("the store"):
            self._store = open_store(url)
        root = self.folder("")
        if root and not root.is_dir():
            raise UsageError(f"there is no store at {root}")

    def folder(self, key: str) -> Path | None:
        """Where the records under a key lie, if the store is a folder."""
        store = self._store
        return Path(store.root, *key.split("/")) if isinstance(store, FileStore) else None

    def names(self, key: str) -> list[str]:
        """What lies under a key, without what is not meant for readers of that level."""
        with self.readable(key):
            return self._store.names(key)

    def entries(self, key: str) -> dict[str, Any]:
        """A record; empty if there is none."""
        content = self.content(key)
        with self.readable(key):
            return dict(json.loads(content)) if content else {}

    def time(self, key: str, field: str = "time") -> float | None:
        """When something happened, by its record; `None` if there is none."""
        found = self.entries(key).get(field)
        with self.readable(key):
            return None if found is None else float(found)

    def content(self, key: str) -> bytes | None:
        """The bytes under a key, or `None` if there are none."""
        with self.readable(key):
            return self._store.read(key)

    def stream(self, key: str) -> BinaryIO | None:
        """The bytes under a key, or `None`; whoever asks closes it."""
        with self.readable(key):
            return self._store.open(key)

    def done(self, flow: str, run: str, task: tuple[str, str]) -> Done | None:
        """How a task was committed, or `None` if it is not."""
        with self.readable(f"{flow}/{run}/{'/'.join(task)}"):
            return Records(self._store, flow, run).find_done(*task)

    def origin(self, flow: str, run: str, task: tuple[str, str]) -> tuple[str, int] | None:
        """The run in which a cloned task has run, and the attempt that was cloned."""
        with self.readable(f"{flow}/{run}/{'/'.join(task)}"):
            return origin_of(self._store, flow, run, task)

    def about(self, flow: str, run: str) -> About:
        """What a run is annotated with."""
        with self.readable(f"{flow}/{run}"):
            return Records(self._store, flow, run).about()

    def parameters(self, flow: str, run: str) -> dict[str, Artifact]:
        """The parameters of a run, and what else its first task knew of it."""
        with self.readable(f"{flow}/{run}/{_PARAMETERS}"):
            return Artifacts(self._store, flow).read(f"{run}/{_PARAMETERS}", 0) or {}

    def began(self, flow: str, run: str) -> float | None:
        """When the first task knew the parameters, in seconds since 1970."""
        with self.readable(f"{flow}/{run}/{_PARAMETERS}"):
            return Artifacts(self._store, flow).started(f"{run}/{_PARAMETERS}", 0)

    def run_store(self, plan: Plan, run: str, place: Place | None = None) -> RunStore:
        """A run as its tasks see it; `place` is where its metadata goes."""
        return RunStore(self._store, plan, run, place=place)

    def plain_value(self, flow: str, artifact: Artifact) -> Any:
        """An artifact of texts, numbers and their containers; any other is refused, unseen."""
        key = f"{flow}/data/{artifact.sha[:2]}/{artifact.sha}"
        content = self.content(key) or b""
        with self.readable(key):
            return _PlainUnpickler(io.BytesIO(unpacked(content, artifact.sha))).load()

    @contextmanager
    def readable(self, key: str) -> Iterator[None]:
        """Where what goes wrong is the fault of what lies under a key."""
        try:
            yield
        except OSError as error:
            raise UsageError(f"cannot read {key} in {self.url}: {error.strerror}") from error
        except (RefusalError, FlowError) as error:
            raise UsageError(str(error)) from error
        except (ValueError, LookupError, TypeError, zlib.error, pickle.UnpicklingError) as error:
            raise UsageError(f"{key} in {self.url} is no record that flowc wrote") from error


class _PlainUnpickler(pickle.Unpickler):
    """Takes a value that calls nothing and imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name}")
