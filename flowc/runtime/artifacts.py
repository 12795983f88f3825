"""Artifacts in Metaflow's own layout: pickles named by their SHA-1, listed by `<n>.data.json`."""

from __future__ import annotations

import json
import pickle
import sys
import zlib
from contextlib import suppress

from flowc.runtime.errors import ArtifactError, RefusalError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, BinaryIO, TypeVar

    from flowc.runtime.large import Decompressed, Draft
    from flowc.runtime.store import Store

    T = TypeVar("T")

# The folder of all values, among those of the runs.
BLOBS = "data"
_ENCODING = "pickle-v4"
_PROTOCOL = 4
_LEVEL = 3
# What makes zlib write and read gzip's format. The module of that name only adds time to load it.
_GZIP = 31
# Python's own SHA-1 is loaded at once; that of OpenSSL takes longer, and is faster afterwards.
_WORTH_OPENSSL = 4 * 1024 * 1024
# A larger pickle goes through a file, lest memory hold it beside the value.
_LARGE = 8 * 1024 * 1024
_OTHER = "its content has another SHA-1"
# Such values cannot have been changed in place, so what was loaded is what is stored.
_IMMUTABLE = frozenset({bool, bytes, complex, float, int, str, type(None)})


class Artifact:
    """A stored value: the SHA-1 of its pickle, the pickle's size, and its type's name."""

    __slots__ = ("sha", "size", "type")

    def __init__(self, sha: str, size: int, type_name: str) -> None:
        self.sha = sha
        self.size = size
        self.type = type_name

    def entry(self) -> dict[str, Any]:
        """What `<n>.data.json` says of it."""
        return {"size": self.size, "type": self.type, "encoding": _ENCODING}


class Artifacts:
    """The artifacts of one flow's tasks."""

    def __init__(self, store: Store, flow: str) -> None:
        self._store = store
        self._flow = flow

    def save(self, name: str, value: Any) -> Artifact:
        """Store a value, unless one with the same pickle is there already."""
        pickled = _Pickled(self._store)
        try:
            _pickle(name, value, pickled)
            return Artifact(pickled.keep(self._blob), pickled.size, str(type(value)))
        finally:
            pickled.discard()

    def load(self, name: str, artifact: Artifact, task: str = "") -> Any:
        """The value of an artifact, which is what was stored: its SHA-1 is looked at.

        `name` and `task` are for the error that says it cannot be read.
        """
        key = self._blob(artifact.sha)
        label = f"artifact `{name}` of task `{task}`" if task else f"artifact `{name}`"
        if artifact.size > _LARGE:
            stream = self._store.open(key)
            if stream is not None:
                with stream:
                    return _unpickle(label, key, lambda: _load_large(stream, artifact.sha))
        else:
            content = self._store.read(key)
            if content is not None:
                return _unpickle(label, key, lambda: _load_small(content, artifact.sha))
        raise ArtifactError(f"{label} is missing: there is no {key}")

    def write(
        self, task: str, attempt: int, artifacts: Mapping[str, Artifact], when: float
    ) -> None:
        """Write an attempt's list of artifacts, as of a time; `task` is `<run>/<step>/<path>`."""
        listing = {
            "datastore": "local",
            "version": "1.0",
            "attempt": attempt,
            "python_version": sys.version,
            "objects": {name: artifact.sha for name, artifact in artifacts.items()},
            "info": {name: artifact.entry() for name, artifact in artifacts.items()},
        }
        self._put(task, f"{attempt}.attempt.json", {"time": when})
        self._put(task, f"{attempt}.data.json", listing)
        self._put(task, f"{attempt}.DONE.lock", "")

    def read(self, task: str, attempt: int) -> dict[str, Artifact] | None:
        """An attempt's list of artifacts, or `None` if it has not written one."""
        return self._get(task, f"{attempt}.data.json", _listed)

    def started(self, task: str, attempt: int) -> float | None:
        """When an attempt's list was written, in seconds since 1970."""
        return self._get(task, f"{attempt}.attempt.json", lambda entries: float(entries["time"]))

    def _get(self, task: str, name: str, parse: Callable[[Any], T]) -> T | None:
        key = f"{self._flow}/{task}/{name}"
        content = self._store.read(key)
        return None if content is None else parsed(key, content, parse)

    def _put(self, task: str, name: str, entries: object) -> None:
        self._store.write(f"{self._flow}/{task}/{name}", json.dumps(entries).encode())

    def _blob(self, sha: str) -> str:
        return f"{self._flow}/{BLOBS}/{sha[:2]}/{sha}"


def parsed(key: str, content: bytes, parse: Callable[[Any], T]) -> T:
    """What a record of JSON says; refuses one that is damaged."""
    try:
        return parse(json.loads(content))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise RefusalError(f"`{key}` is no record that flowc wrote; run its task again") from None


def _listed(listing: Any) -> dict[str, Artifact]:
    about = listing["info"]
    return {
        name: Artifact(sha, about[name]["size"], about[name]["type"])
        for name, sha in listing["objects"].items()
    }


def is_immutable(value: object) -> bool:
    """Whether a value cannot have changed since it was loaded."""
    return type(value) in _IMMUTABLE


def sha1(content: bytes) -> str:
    """The SHA-1 of bytes, in hexadecimal digits."""
    if len(content) < _WORTH_OPENSSL:
        with suppress(ImportError):
            from _sha1 import sha1 as of_python  # type: ignore[import-not-found]  # noqa: PLC0415

            return str(of_python(content).hexdigest())
    import hashlib  # noqa: PLC0415

    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _compressed(content: bytes) -> bytes:
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return compressor.compress(content) + compressor.flush()


class _Pickled:
    """What a pickler writes: kept in memory while that is little, or else in a file."""

    def __init__(self, store: Store) -> None:
        self.size = 0
        self._store = store
        self._pieces: list[bytes] = []
        self._draft: Draft | None = None

    def write(self, piece: bytes) -> None:
        self.size += len(piece)
        if self._draft is None and self.size > _LARGE:
            self._spill()
        if self._draft is None:
            self._pieces.append(bytes(piece))
        else:
            self._draft.write(piece)

    def keep(self, blob: Callable[[str], str]) -> str:
        """Store it under the key that `blob` has for its SHA-1, which is given back."""
        if self._draft is None:
            return self._keep_small(blob, b"".join(self._pieces))
        sha = self._draft.close()
        if not self._store.exists(blob(sha)):
            self._store.keep(blob(sha), self._draft.file)
        return sha

    def discard(self) -> None:
        """Leave no file behind."""
        if self._draft is not None:
            self._draft.discard()

    def _keep_small(self, blob: Callable[[str], str], content: bytes) -> str:
        sha = sha1(content)
        if not self._store.exists(blob(sha)):
            self._store.write(blob(sha), _compressed(content))
        return sha

    def _spill(self) -> None:
        from flowc.runtime.large import Draft  # noqa: PLC0415 (few tasks need it)

        self._draft = Draft(self._store.scratch(), _LEVEL, _GZIP)
        for piece in self._pieces:
            self._draft.write(piece)
        self._pieces.clear()


def _pickle(name: str, value: Any, output: _Pickled) -> None:
    try:
        pickle.Pickler(output, protocol=_PROTOCOL).dump(value)
    except (RefusalError, StoreError):
        raise
    except Exception as error:  # A value's own `__reduce__` may raise anything.
        raise ArtifactError(
            f"artifact `{name}` of type `{type(value).__module__}.{type(value).__qualname__}` "
            f"cannot be pickled: {error}"
        ) from error


def unpacked(content: bytes, sha: str) -> bytes:
    """The pickle in a small blob; raises `zlib.error` unless it has that SHA-1."""
    pickled = zlib.decompress(content, _GZIP)
    if sha1(pickled) != sha:
        raise zlib.error(_OTHER)
    return pickled


def _unpickle(label: str, key: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except zlib.error as error:
        raise ArtifactError(
            f"{label} is corrupt: {key}: {error}; remove that, and run the task that stored it"
        ) from error
    except Exception as error:  # A value's own `__setstate__` may raise anything.
        raise ArtifactError(f"{label} cannot be unpickled: {error!r}") from error


# What is unpickled below comes from the store, which belongs to whoever runs the flow.


def _load_small(content: bytes, sha: str) -> Any:
    return pickle.loads(unpacked(content, sha))  # noqa: S301


def _load_large(stream: BinaryIO, sha: str) -> Any:
    from flowc.runtime.large import Decompressed  # noqa: PLC0415 (few tasks need it)

    pickled = Decompressed(stream, _GZIP)
    try:
        value = pickle.load(pickled.reader)  # noqa: S301
    except Exception:  # Damaged bytes may raise anything, and only their end tells that they are.
        _check_rest(pickled, sha)
        raise
    _check_rest(pickled, sha)
    return value


def _check_rest(pickled: Decompressed, sha: str) -> None:
    # Only at its end gzip knows whether all of it was right.
    if pickled.rest() != sha:
        raise zlib.error(_OTHER)
