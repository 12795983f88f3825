"""Where runs are kept: bytes under keys. A key is words with `/` between them."""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH100, PTH103, PTH105, PTH107, PTH110, PTH118, PTH123, PTH208

from __future__ import annotations

import os
from contextlib import suppress

from flowc.runtime.errors import RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # Importing typing would cost as much as all the rest of this file.


class Store(Protocol):
    """What the runtime asks of a store."""

    def read(self, key: str) -> bytes | None:
        """The bytes under a key, or `None` if there are none."""

    def write(self, key: str, content: bytes) -> None:
        """Put bytes under a key; readers see all of the old or all of the new."""

    def exists(self, key: str) -> bool:
        """Whether there is something under a key."""

    def names(self, prefix: str) -> list[str]:
        """The next words of all keys that begin with `prefix` and `/`, sorted."""


class FileStore:
    """A store in a folder, which may be shared between machines."""

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, key: str) -> bytes | None:
        try:
            with open(self._path(key), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, key: str, content: bytes) -> None:
        path = self._path(key)
        folder, name = os.path.split(path)
        # Readers and listings never look at names with a leading dot.
        draft = os.path.join(folder, f".{name[:80]}.{os.urandom(6).hex()}")
        try:
            _write(draft, content)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            _write(draft, content)
        os.replace(draft, path)

    def exists(self, key: str) -> bool:
        return os.path.exists(self._path(key))

    def names(self, prefix: str) -> list[str]:
        try:
            found = os.listdir(self._path(prefix))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in found if not name.startswith("."))

    def _path(self, key: str) -> str:
        return os.path.join(self.root, *key.split("/"))


def open_store(url: str) -> Store:
    """The store at a URL or a plain path; refuses a scheme it does not know."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return FileStore(os.path.abspath(url))
    if scheme == "file":
        return FileStore(os.path.abspath(rest))
    raise RefusalError(f"no store for `{scheme}://`; the store is a path or a `file://` URL")


def _write(path: str, content: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(content)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(path)
        raise
