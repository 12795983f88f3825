"""Where a deployment's record and its code packages are: in the store of the flow's runs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.deploy.record import Record, parse_record, render_record
from flowc.deploy.resources import Key
from flowc.errors import EngineError
from flowc.runtime.errors import FlowError, RefusalError
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from flowc.runtime.store import Store

_SUFFIX = ".json"


@dataclass(frozen=True)
class Ledger:
    """The record of one deployment; `store` is the URL of the store.

    All calls raise `EngineError` for what the store refuses.
    """

    store: str
    flow: str
    target: str
    name: str

    def read(self) -> Record:
        """What is on record; an empty one where nothing is."""
        return self._read(self.name)

    def write(self, record: Record) -> None:
        """Put a record in the place of the one that is there."""
        with self._opened() as store:
            store.write(self._key(self.name), render_record(record))

    def held_by_others(self) -> frozenset[Key]:
        """What other deployments of the flow have, too: things that their content names."""
        with self._opened() as store:
            files = store.names(self._folder)
        names = [file.removesuffix(_SUFFIX) for file in files if file.endswith(_SUFFIX)]
        return frozenset(
            key for name in names if name != self.name for key in self._read(name).entries
        )

    def has(self, key: str) -> bool:
        """Whether the store has something under a key."""
        with self._opened() as store:
            return store.exists(key)

    def keep(self, key: str, file: Path) -> None:
        """Put a copy of a file under a key."""
        # The store takes the file that it is given; readers never look at names with a dot.
        with (
            self._opened() as store,
            tempfile.TemporaryDirectory(prefix=".flowc-", dir=store.scratch()) as folder,
        ):
            store.keep(key, str(shutil.copyfile(file, Path(folder) / file.name)))

    def put(self, key: str, content: bytes) -> None:
        """Put bytes under a key."""
        with self._opened() as store:
            store.write(key, content)

    def content(self, key: str) -> bytes | None:
        """The bytes under a key, if it has some."""
        with self._opened() as store:
            return store.read(key)

    def drop(self, key: str) -> None:
        """Take away what is under a key; it is all the same if it is gone already."""
        with self._opened() as store:
            store.remove(key)

    def _read(self, name: str) -> Record:
        key = self._key(name)
        with self._opened() as store:
            content = store.read(key)
        return Record() if content is None else parse_record(content, f"{key} in {self.store}")

    @property
    def _folder(self) -> str:
        return f"{self.flow}/_flowc/deployments/{self.target}"

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}{_SUFFIX}"

    @contextmanager
    def _opened(self) -> Iterator[Store]:
        try:
            yield self._store
        except (FlowError, RefusalError) as error:
            raise EngineError(str(error)) from error
        except OSError as error:
            raise EngineError(f"cannot use {self.store}: {error.strerror or error}") from error

    @cached_property
    def _store(self) -> Store:
        return open_store(self.store)
