"""Builds a package as a file that is whole or not there."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from flowc.errors import UsageError
from flowc.files import copy_whole, write_whole
from flowc.package.archive import SUFFIX, digest_of, write_archive
from flowc.package.collect import Package

_DOCKERFILE = ".flowc.Dockerfile"

# A package of mere code is built in memory.
_IN_MEMORY = 32 << 20


@dataclass(frozen=True, slots=True)
class Built:
    """A package in a file; `sha256` is of its content, and begins with its digest."""

    file: Path
    sha256: str
    size: int

    @property
    def digest(self) -> str:
        return digest_of(self.sha256)


def build(package: Package, output: Path | None = None, image: str = "") -> Built:
    """Write the package to a file, by default one that its digest names, in the working directory.

    With an image, a Dockerfile that puts the package into it is written beside the file. Raises
    `UsageError` if something cannot be read or written.
    """
    if output == Path("-"):
        raise UsageError("stdout is for the digest; name a file by --output FILE")
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as draft:
        sha256 = write_archive(package, draft)
        size = draft.tell()
        draft.seek(0)
        file = output or Path(f"{digest_of(sha256)}{SUFFIX}")
        dockerfile = file.with_name(f"{file.name.removesuffix(SUFFIX)}{_DOCKERFILE}")
        text = _dockerfile(package, image, file, dockerfile) if image else ""
        copy_whole(file, draft)
    if text:
        write_whole(dockerfile, text)
    return Built(file, sha256, size)


def _dockerfile(package: Package, image: str, file: Path, dockerfile: Path) -> str:
    # Loading Jinja takes longer than most packages.
    from flowc.package.dockerfile import render_dockerfile  # noqa: PLC0415

    return render_dockerfile(package, image, file.name, dockerfile.name)
