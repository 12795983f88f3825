"""Writes files whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

from flowc.errors import UsageError


def write_whole(path: Path, text: str) -> None:
    """Replace the file by the text in one step; a `UsageError` says why it cannot be written.

    A link stays, and so does what is no regular file, such as a pipe or a device.
    """
    copy_whole(path, io.BytesIO(text.encode()))


def copy_whole(path: Path, content: IO[bytes]) -> None:
    """Replace the file by what can still be read of `content`, like `write_whole`."""
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)
        else:
            _replace(target, content)
    except (OSError, RuntimeError) as error:
        # A link that leads to itself is a RuntimeError before Python 3.13.
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        message = f"cannot write {path}: {reason}; name a file in an existing folder"
        raise UsageError(message) from error


def make_folder(path: Path) -> None:
    """See that there is a folder; a `UsageError` says why there cannot be one."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot make the folder {path}: {reason}; name another") from error


def _replace(path: Path, content: IO[bytes]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(content, file)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The permissions of the file to replace, or those that a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
