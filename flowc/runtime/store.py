"""Where runs are kept: bytes under keys. A key is words with `/` between them."""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH100, PTH103, PTH105, PTH107, PTH110, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import os
import time
from contextlib import suppress

from flowc.runtime.errors import RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Protocol
else:
    Protocol = object  # Importing typing would cost as much as all the rest of this file.

# Where nothing else tells who was first, two writers may be as far apart as this, in seconds.
SETTLE = 0.5


_OF_FSSPEC = ("gs", "az", "abfs", "azure")


class Store(Protocol):
    """What the runtime asks of a store."""

    def read(self, key: str) -> bytes | None:
        """The bytes under a key, or `None` if there are none."""

    def write(self, key: str, content: bytes) -> None:
        """Put bytes under a key; readers see all of the old or all of the new."""

    def create(self, key: str, content: bytes) -> bool:
        """Put bytes under a key that has none; whether the bytes there are these now.

        Of several that create a key at once, one is told so, if their bytes differ.
        """

    def exists(self, key: str) -> bool:
        """Whether there is something under a key."""

    def names(self, prefix: str) -> list[str]:
        """The next words of all keys that begin with `prefix` and `/`, sorted."""

    def scratch(self) -> str:
        """The folder for a file that `keep` is going to be given."""

    def keep(self, key: str, file: str) -> None:
        """Put a file's bytes under a key as `write` does, however many; the file is then gone."""

    def open(self, key: str) -> BinaryIO | None:
        """The bytes under a key as a stream, or `None`; whoever asks closes it."""

    def remove(self, key: str) -> None:
        """Take away what is under a key, if there is something."""


class FileErrors:
    """A context in which what the operating system refuses is an error that names the folder."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            from flowc.runtime.file_errors import store_error  # noqa: PLC0415 (few tasks need it)

            raise store_error(self._root, error) from None


class FileStore:
    """A store in a folder, which may be shared between machines."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._errors = FileErrors(root)

    def read(self, key: str) -> bytes | None:
        stream = self.open(key)
        if stream is None:
            return None
        with self._errors, stream:
            return stream.read()

    def write(self, key: str, content: bytes) -> None:
        path = self._path(key)
        with self._errors:
            os.replace(_draft(path, content), path)

    def create(self, key: str, content: bytes) -> bool:
        with self._errors:
            self._create(self._path(key), content)
        # An answer of NFS may be lost: then the file is there already, and is this one.
        return self.read(key) == content

    def exists(self, key: str) -> bool:
        return os.path.exists(self._path(key))

    def names(self, prefix: str) -> list[str]:
        with self._errors:
            try:
                found = os.listdir(self._path(prefix))
            except (FileNotFoundError, NotADirectoryError):
                return []
        return sorted(name for name in found if not name.startswith("."))

    def scratch(self) -> str:
        # A file is only renamed at once where it already lies in the same file system.
        with self._errors:
            os.makedirs(self.root, exist_ok=True)
        return self.root

    def keep(self, key: str, file: str) -> None:
        path = self._path(key)
        with self._errors:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.replace(file, path)

    def open(self, key: str) -> BinaryIO | None:
        with self._errors:
            try:
                return open(self._path(key), "rb")
            except (FileNotFoundError, NotADirectoryError):
                return None

    def remove(self, key: str) -> None:
        with self._errors, suppress(FileNotFoundError, NotADirectoryError):
            os.remove(self._path(key))

    def _create(self, path: str, content: bytes) -> None:
        draft = _draft(path, content)
        try:
            # Of all ways to make a file, this one is exclusive and whole on NFS, too.
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:
            self._create_unlinked(draft, path)
        finally:
            with suppress(FileNotFoundError):
                os.remove(draft)

    @staticmethod
    def _create_unlinked(draft: str, path: str) -> None:
        """Make a file of a draft where there are no hard links, as far as that can be done."""
        if not os.path.exists(path):
            os.replace(draft, path)
        # What is there may be replaced yet, by another who saw nothing.
        time.sleep(SETTLE)

    def _path(self, key: str) -> str:
        return os.path.join(self.root, *key.split("/"))


def open_store(url: str) -> Store:
    """The store at a URL or a plain path; refuses a scheme it does not know."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return FileStore(os.path.abspath(url))
    if scheme == "file":
        return FileStore(os.path.abspath(rest))
    if scheme == "s3":
        return _s3_store(rest)
    if scheme in _OF_FSSPEC:
        return _fsspec_store(scheme, rest)
    raise RefusalError(
        f"no store for `{scheme}://`; the store is a path, or a `file://`, `s3://`, `gs://` or "
        "`az://` URL"
    )


def _s3_store(place: str) -> Store:
    try:
        from flowc.runtime.s3_store import S3Store  # noqa: PLC0415 (boto3 is slow to import)
    except ModuleNotFoundError as error:
        raise RefusalError(
            f"an S3 store needs boto3, but there is no module `{error.name}`; install boto3"
        ) from None
    return S3Store(place)


def _draft(path: str, content: bytes) -> str:
    """A new file beside a path, with the folders that it needs."""
    folder, name = os.path.split(path)
    # Readers and listings never look at names with a leading dot.
    draft = os.path.join(folder, f".{name[:80]}.{os.urandom(6).hex()}")
    try:
        _write(draft, content)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        _write(draft, content)
    return draft


def _fsspec_store(scheme: str, place: str) -> Store:
    try:
        from flowc.runtime.fsspec_store import open_bucket  # noqa: PLC0415 (few stores need it)

        return open_bucket(scheme, place)
    except ModuleNotFoundError as error:
        extra = "gcs" if scheme == "gs" else "azure"
        raise RefusalError(
            f"a store at `{scheme}://` needs `flowc[{extra}]`, but there is no module "
            f"`{error.name}`; install it"
        ) from None


def _write(path: str, content: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(content)
    except BaseException:
        with suppress(FileNotFoundError):
            os.remove(path)
        raise
