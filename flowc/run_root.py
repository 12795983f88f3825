"""Where `flowc run` keeps a run: a folder, or a remote store with a folder for the meantime."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.local.remote import Remote
from flowc.runtime.errors import FlowError, RefusalError
from flowc.runtime.store import open_store

if TYPE_CHECKING:
    from flowc.runtime.store import Store


@contextmanager
def run_root(url: str) -> Iterator[tuple[Path, Remote | None]]:
    """The folder behind a URL or a path, or one that is gone afterwards and the remote store.

    Raises `UsageError` for a store that cannot be.
    """
    scheme, separator, path = url.partition("://")
    if not separator or scheme == "file":
        yield Path(path if separator else url).absolute(), None
    else:
        remote = Remote(url, partial(_put, _opened(url)))
        with tempfile.TemporaryDirectory(prefix="flowc-run-") as folder:
            yield Path(folder), remote


def client_folder() -> Path:
    """Where Metaflow's Client of this machine looks for metadata: beside this folder's flows."""
    return Path(os.environ.get("METAFLOW_DATASTORE_SYSROOT_LOCAL", "."), ".metaflow").absolute()


def _opened(url: str) -> Store:
    try:
        return open_store(url)
    except (FlowError, RefusalError) as error:
        raise UsageError(str(error)) from error


def _put(store: Store, key: str, file: Path) -> None:
    try:
        # The store takes the file that it is given, and the engine still reads its own.
        with tempfile.TemporaryDirectory(prefix="flowc-", dir=file.parent) as folder:
            store.keep(key, str(shutil.copyfile(file, Path(folder) / file.name)))
    except (FlowError, RefusalError, OSError) as error:
        raise UsageError(str(error)) from error
