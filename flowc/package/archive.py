"""Writes a package as an archive: the same bytes for the same files, wherever they come from."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from typing import IO

from flowc.errors import UsageError
from flowc.package.collect import Package
from flowc.package.walk import Packed

# What packages are called by themselves, which are never packed.
SUFFIX = ".flowc.tar.gz"

# The length of the names of plans and packages.
_DIGITS = 16


def write_archive(package: Package, output: IO[bytes]) -> str:
    """Write the package as `tar.gz`; the SHA-256 of the tar file within.

    What is packed decides that alone, while the compressed bytes may change with zlib.
    """
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=output, mtime=0) as packed:
        hashing = _Hashing(packed)
        with tarfile.open(fileobj=hashing, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for file in package.files:
                _add(archive, file)
    return hashing.sha256.hexdigest()


def digest_of(sha256: str) -> str:
    """What a package is called, by the SHA-256 of its content."""
    return sha256[:_DIGITS]


class _Hashing(io.RawIOBase):
    """Hands on what is written, and hashes it."""

    def __init__(self, output: gzip.GzipFile) -> None:
        super().__init__()
        self._output = output
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._output.tell()

    def write(self, content: bytes) -> int:  # type: ignore[override]
        self.sha256.update(content)
        return self._output.write(content)


def _add(archive: tarfile.TarFile, file: Packed) -> None:
    member = tarfile.TarInfo(file.name)
    member.size = file.size
    member.mode = 0o755 if file.executable else 0o644
    source = file.source
    try:
        opened = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        with opened as content:
            archive.addfile(member, content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot pack {file.name}: {reason}; try again") from error
