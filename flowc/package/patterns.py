"""Patterns of paths, as `.gitignore` files have them."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

# What no flow needs, whatever `.gitignore` says; `build` and `dist` may be packages further down.
_STANDARD = (
    *(".git", ".hg/", ".svn/", ".venv/", ".tox/", ".nox/", "node_modules/"),
    *("__pycache__/", "*.pyc", "*.pyo", "*.egg-info/", "/build/", "/dist/"),
    *(".metaflow/", ".flowc/", "*.flowc.tar.gz", "*.flowc.Dockerfile"),
    *(".hypothesis/", ".ipynb_checkpoints/", ".DS_Store"),
    *(".mypy_cache/", ".ruff_cache/", ".pytest_cache/"),
)


class Patterns:
    """Patterns that hold below a folder, `base`; a ValueError tells of one that is none."""

    def __init__(self, base: Path, lines: Sequence[str]) -> None:
        self._base = base
        self._lines = lines
        self._spec = GitIgnoreSpec.from_lines(lines)
        self._anchored = [found for line in lines if (found := _beginning(line))]

    def name(self, path: Path) -> str:
        """A path as the patterns see it."""
        return PurePath(os.path.relpath(path, self._base)).as_posix()

    def decide(self, path: Path, *, folder: bool) -> bool | None:
        """Whether the last pattern that matches is a plain one (True), or one with `!` (False)."""
        name = _below(self._base, path)
        if name is None:
            return None
        return self._spec.check_file(f"{name}/" if folder else name).include

    def matching(self, path: Path) -> list[str]:
        """The patterns that match a file by themselves, as they are written."""
        name = self.name(path)
        return [line for line in self._lines if GitIgnoreSpec.from_lines([line]).match_file(name)]

    def may_match_in(self, folder: Path) -> bool:
        """Whether a pattern names something inside of a folder by its path."""
        name = _below(self._base, folder)
        return name is not None and any(_leads(line, name.split("/")) for line in self._anchored)


def standard(base: Path) -> Patterns:
    """What is left out of every package."""
    return Patterns(base, _STANDARD)


def read_ignored(folder: Path) -> Patterns | None:
    """The patterns of a folder's `.gitignore`, if it has one; raises `OSError`.

    As for Git, a line that is no pattern has no effect.
    """
    file = folder / ".gitignore"
    if not file.is_file():
        return None
    text = file.read_text(encoding="utf-8", errors="replace")
    return Patterns(folder, list(_valid(text.split("\n"))))


def _valid(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            continue
        yield line


def _below(base: Path, path: Path) -> str | None:
    name = PurePath(os.path.relpath(path, base)).as_posix()
    return None if name in {".", ".."} or name.startswith("../") else name


def _beginning(line: str) -> list[str]:
    """The words of a plain pattern that says where it holds, up to its first `**`."""
    plain = line.strip().rstrip("/")
    if "/" not in plain or plain.startswith(("!", "#")):
        return []
    words = plain.lstrip("/").split("/")
    return words[: words.index("**") + 1] if "**" in words else words


def _leads(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    if pattern[0] == "**":
        return False
    steps = zip(pattern, folder, strict=False)
    for wanted, name in steps:
        if wanted == "**":
            return True
        if not fnmatch.fnmatchcase(name, wanted):
            return False
    return len(pattern) > len(folder)
