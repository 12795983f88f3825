"""The command line that runs a task from a package, where nothing but Python is installed."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import compress

import flowc
from flowc.targets.command import SHIM
from flowc.targets.target import CodePackage


def start_words(sha256: str, *, package: str = "", key: str = "") -> tuple[str, ...]:
    """What stands before `step STEP …`, nothing quoted.

    The package is at a path or URL, or under a key of the task's store. It is refused unless its
    content has the SHA-256. The words hold the text of `flowc/runtime/bootstrap.py`.
    """
    place = ("--key", key) if key else ("--package", package)
    return ("python", "-c", f"exec({bootstrap_text()!r})", *place, "--sha256", sha256)


def shim_words(package: CodePackage | None, python: str = "") -> tuple[str, ...]:
    """What stands before `step STEP …`: the shim of the image, or of a package in the store.

    It runs under the image's own `python`, if no other is named.
    """
    first, *rest = start_words(package.sha256, key=package.key) if package else SHIM
    return (python or first, *rest)


def shortened(words: Sequence[str]) -> tuple[str, ...]:
    """Words that do the same in half the length: the program among them is compressed.

    The same words may come out differently where Python has another zlib.
    """
    python, flag, program, *rest = words
    return (python, flag, _compressed(program) if flag == "-c" else program, *rest)


@cache
def _compressed(program: str) -> str:
    text = b64encode(compress(program.encode(), 9)).decode()
    return f"import base64,zlib;exec(zlib.decompress(base64.b64decode('{text}')))"


def one_line(words: Sequence[str]) -> str:
    """Words as a line for a POSIX shell."""
    return shlex.join(words)


@cache
def bootstrap_text() -> str:
    """The file that unpacks packages; it runs by itself."""
    return (Path(flowc.__file__).parent / "runtime" / "bootstrap.py").read_text(encoding="utf-8")
