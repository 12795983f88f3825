"""A store in a bucket of Google's or a container of Azure's, by way of fsspec."""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH107, PTH123

from __future__ import annotations

import logging
import os
import tempfile
from contextlib import suppress
from importlib import import_module

import fsspec  # type: ignore[import-untyped]

from flowc.runtime.errors import FlowError, RefusalError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Union

_DENIED = frozenset({401, 403})
_ABSENT = frozenset({404})
_TAKEN = frozenset({409, 412})
# A kind of bucket that few have costs gcsfs more to import than all of its rest.
_ZONES = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"
_LOGGERS = ("adlfs", "asyncio", "azure", "fsspec", "gcsfs", "google")


def open_bucket(scheme: str, place: str) -> FsspecStore:
    """The store at a place, for a scheme that Google or Azure stand behind."""
    protocol = "gs" if scheme == "gs" else "az"
    os.environ.setdefault(_ZONES, "false")
    # What these log where nobody has asked for it would go to stderr, URLs and all.
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(logging.NullHandler())
    import_module("gcsfs" if protocol == "gs" else "adlfs")
    return FsspecStore(protocol, place)


class FsspecStore:
    """A store below a place, `<bucket>` or `<bucket>/<prefix>`, in a file system of fsspec's.

    Credentials, accounts and endpoints are those that the file system's own library finds.
    """

    def __init__(self, protocol: str, place: str) -> None:
        bucket, _, prefix = place.partition("/")
        if not bucket or "@" in bucket:
            # What is wrong with a bucket's name is not repeated: it may hold a password.
            raise RefusalError(f"no bucket is named; a store is `{protocol}://BUCKET/PREFIX`")
        self._base = "/".join(part for part in (bucket, prefix.strip("/")) if part)
        self._told = _Told(f"{protocol}://{bucket}")
        with self._told:
            # What other tasks write must be seen, so nothing is remembered of a listing.
            self._files = fsspec.filesystem(
                protocol, use_listings_cache=False, skip_instance_cache=True
            )

    def read(self, key: str) -> bytes | None:
        with self._told:
            try:
                return bytes(self._files.cat_file(self._path(key)))
            except FileNotFoundError:
                return None

    def write(self, key: str, content: bytes) -> None:
        with self._told:
            self._files.pipe_file(self._path(key), content)

    def create(self, key: str, content: bytes) -> bool:
        with self._told:
            try:
                self._files.pipe_file(self._path(key), content, mode="create")
            except Exception as error:
                if not isinstance(error, FileExistsError) and _status(error) not in _TAKEN:
                    raise
        # An answer may have been lost: then the key is there already, with these bytes.
        return self.read(key) == content

    def exists(self, key: str) -> bool:
        with self._told:
            try:
                return bool(self._files.info(self._path(key))["type"] == "file")
            except FileNotFoundError:
                return False

    def names(self, prefix: str) -> list[str]:
        base = f"{self._path(prefix)}/"
        with self._told:
            try:
                found = self._files.ls(base, detail=False)
            except FileNotFoundError:
                return []
        names = {path[len(base) :].rstrip("/") for path in found if path.startswith(base)}
        return sorted(name for name in names if name and not name.startswith("."))

    def scratch(self) -> str:
        return tempfile.gettempdir()

    def keep(self, key: str, file: str) -> None:
        with self._told:
            self._files.put_file(file, self._path(key))
        os.remove(file)

    def open(self, key: str) -> BinaryIO | None:
        # Parts that break off are fetched again, which a stream from the network cannot do.
        file, name = tempfile.mkstemp(prefix="flowc-")
        os.close(file)
        try:
            with self._told:
                try:
                    self._files.get_file(self._path(key), name)
                except FileNotFoundError:
                    return None
            return open(name, "rb")
        finally:
            # A file that is open can be read to its end, and some libraries remove it themselves.
            with suppress(FileNotFoundError):
                os.remove(name)

    def remove(self, key: str) -> None:
        with self._told, suppress(FileNotFoundError):
            self._files.rm_file(self._path(key))

    def _path(self, key: str) -> str:
        return f"{self._base}/{key}" if key else self._base


class _Told:
    """A context in which what a library raises becomes an error of the runtime's own.

    Its texts are flowc's: those of the libraries may hold URLs with signatures.
    """

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, (FlowError, RefusalError)):
            raise self._error(error) from None

    def _error(self, error: Exception) -> Union[FlowError, RefusalError]:
        status = _status(error)
        said = f"{type(error).__name__} {status}" if status else type(error).__name__
        if isinstance(error, FileNotFoundError) or status in _ABSENT:
            return RefusalError(f"there is no bucket or container `{self._place}`")
        if isinstance(error, PermissionError) or status in _DENIED or _is_denial(error):
            return RefusalError(
                f"access to `{self._place}` is denied ({said}); look at the credentials and roles"
            )
        if isinstance(error, (ImportError, TypeError, ValueError)):
            return RefusalError(
                f"the settings for `{self._place}` are not taken ({said}); look at the variables "
                "`STORAGE_EMULATOR_HOST` and `GOOGLE_*`, or `AZURE_STORAGE_*`"
            )
        return StoreError(f"`{self._place}` cannot be reached, or fails ({said})")


def _status(error: Exception) -> int:
    """The status of an answer by HTTP, by whatever name a library gives it; 0 for none."""
    for name in ("code", "status_code", "status"):
        status = getattr(error, name, None)
        if isinstance(status, int) or (isinstance(status, str) and status.isdecimal()):
            return int(status)
    return 0


def _is_denial(error: Exception) -> bool:
    kind = type(error)
    # Gcsfs has no class of its own for it.
    if kind is OSError and str(error).startswith("Forbidden"):
        return True
    of_google = kind.__module__.startswith("google.auth") and kind.__name__ != "TransportError"
    return of_google or kind.__name__ == "ClientAuthenticationError"
