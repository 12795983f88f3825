"""What is in the file of a package, and where it belongs in a store."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flowc.errors import UsageError
from flowc.package.archive import SUFFIX, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that somebody has built; `plan` is its plan's text."""

    sha256: str
    flow: str
    plan: str

    @property
    def key(self) -> str:
        """Where in a store the package is kept."""
        return package_key(self.flow, self.sha256)


def package_key(flow: str, sha256: str) -> str:
    """Where in a store a flow's package is kept, by the SHA-256 of its content."""
    return f"{flow}/_flowc/packages/{digest_of(sha256)}{SUFFIX}"


def open_package(file: Path) -> Opened:
    """What a file says of itself; a `UsageError` tells that it is no package, or cannot be read."""
    try:
        with gzip.open(file) as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        with tarfile.open(file, encoding="utf-8") as archive:
            about = json.loads(_text(archive, "package.json"))
            return Opened(sha256, about["flow"], _text(archive, "plan.json"))
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise UsageError(f"`{file}` is no package of flowc") from error
        raise UsageError(
            f"cannot read `{file}`: {(error.strerror or str(error)).lower()}"
        ) from error
    except (tarfile.TarError, zlib.error, EOFError, ValueError, LookupError, TypeError) as error:
        raise UsageError(f"`{file}` is no package of flowc") from error


def digests_in(content: BinaryIO, files: Collection[str]) -> dict[str, str]:
    """The SHA-256 of files that the package of a stream has, by their names in the flow's folder.

    What is no package is a `UsageError`.
    """
    found: dict[str, str] = {}
    about = ""
    try:
        with tarfile.open(fileobj=content, mode="r|gz", encoding="utf-8") as archive:
            for member in archive:
                opened = archive.extractfile(member)
                if opened is None:
                    continue
                if member.name == "package.json":
                    about = opened.read().decode()
                elif member.name.endswith(tuple(f"/{file}" for file in files)):
                    found[member.name] = hashlib.sha256(opened.read()).hexdigest()
        source = json.loads(about)["source"]
    except (tarfile.TarError, zlib.error, EOFError, ValueError, LookupError, TypeError) as error:
        raise UsageError("what is deployed is no package of flowc") from error
    names = {file: f"{source}/{file}" for file in files}
    return {file: found[name] for file, name in names.items() if name in found}


def _text(archive: tarfile.TarFile, name: str) -> str:
    content = archive.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content.read().decode()
