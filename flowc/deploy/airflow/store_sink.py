"""DAG files in a folder, or below a prefix in a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.deploy.airflow.sink import Found
from flowc.errors import EngineError
from flowc.runtime.errors import FlowError, RefusalError
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from flowc.runtime.store import Store


class StoreSink:
    """See `Sink`. A file is whole as soon as it is there."""

    settled = "there"

    def __init__(self, url: str, *, is_folder: bool) -> None:
        self._folder = Path(url.removeprefix("file://")).absolute() if is_folder else None
        self._url = url

    @property
    def place(self) -> str:
        return str(self._folder or self._url)

    @property
    def address(self) -> str:
        return self.place

    def check(self) -> None:
        """A folder that is not there is a word mistaken, more often than not."""
        if self._folder is not None and not self._folder.is_dir():
            raise EngineError(
                f"there is no folder {self._folder}: `--dags` names the folder that Airflow reads"
            )

    def read(self, name: str) -> Found | None:
        with self._explained():
            content = self._store.read(name)
        return None if content is None else Found(content.decode(errors="replace"), self.settled)

    def write(self, name: str, text: str, why: str) -> None:
        with self._explained():
            self._store.write(name, text.encode())

    def remove(self, name: str, why: str) -> None:
        with self._explained():
            self._store.remove(name)

    @cached_property
    def _store(self) -> Store:
        return open_store(self.place)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (FlowError, RefusalError) as error:
            raise EngineError(f"cannot use the DAG files at {self.place}: {error}") from error
        except OSError as error:
            reason = error.strerror or error
            raise EngineError(f"cannot use the DAG files at {self.place}: {reason}") from error
