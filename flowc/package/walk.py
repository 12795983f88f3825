"""The files of a folder that go into a package."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from flowc.diagnostics import Diagnostic, Span
from flowc.package.choice import Choice
from flowc.package.layout import Tree
from flowc.package.problems import (
    link_out_of_package,
    secret_in_package,
    unreadable_for_package,
)
from flowc.package.secret_names import is_secret, is_secret_pattern
from flowc.package.verdict import Rules, Verdict, rules_of


@dataclass(frozen=True, slots=True)
class Packed:
    """A file of a package: its name there, what it is read from, and whether it is a program."""

    name: str
    size: int
    executable: bool
    source: Path | bytes


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to look into, and the real folders that it was reached through."""

    path: Path
    rules: Rules
    reached: tuple[str, ...]
    around: bool


class Walk:
    """Walks a tree; `files` are what is packed of it, `diagnostics` why something cannot be.

    A link is followed where it leads into one of `trees`. `named` is the flow's folder as the user
    named it.
    """

    def __init__(self, tree: Tree, trees: Sequence[Tree], choice: Choice, named: str) -> None:
        self.files: list[Packed] = []
        self.diagnostics: list[Diagnostic] = []
        self._tree = tree
        self._choice = choice
        self._named = named
        self._flow = trees[0].folder
        self._real = [os.path.realpath(each.folder) for each in trees]

    def start(self) -> None:
        """Look at the whole tree."""
        top = self._tree.folder
        try:
            rules = rules_of(top, self._choice)
        except OSError as error:
            self._unreadable(top, error)
            return
        waiting = [_Folder(top, rules, (os.path.realpath(top),), around=False)]
        while waiting:
            waiting += self._look_into(waiting.pop())

    def _look_into(self, folder: _Folder) -> Iterator[_Folder]:
        """The folders in a folder, once its files have been taken."""
        try:
            rules = folder.rules.inside(folder.path)
            paths = sorted(folder.path.iterdir())
        except OSError as error:
            self._unreadable(folder.path, error)
            return
        for path in paths:
            inner = self._look_at(path, folder, rules)
            if inner:
                yield inner

    def _look_at(self, path: Path, folder: _Folder, rules: Rules) -> _Folder | None:
        is_folder = os.path.isdir(path)  # noqa: PTH112 (pathlib's raises where it may not look)
        verdict = rules.judge(path, folder=is_folder, around=folder.around)
        if verdict is Verdict.OUT or (path.is_symlink() and not self._leads_inside(path, folder)):
            return None
        if is_folder:
            reached = (*folder.reached, os.path.realpath(path))
            return _Folder(path, rules, reached, verdict is Verdict.AROUND)
        if verdict is not Verdict.AROUND:
            self._take(path, asked=verdict is Verdict.ASKED)
        return None

    def _leads_inside(self, link: Path, folder: _Folder) -> bool:
        """Whether what a link leads to is of the package; if not, that is said."""
        try:
            real = os.path.realpath(link, strict=True)
        except OSError as error:
            self._unreadable(link, error)
            return False
        parts = self._real_parts(real)
        reason = ""
        if parts is None:
            reason = "outside of the flow's folder and the source roots"
        elif ".git" in parts:
            reason = "which is never packed"
        elif real in folder.reached:
            reason = "a folder around it"
        if reason:
            target = str(link.readlink())
            self.diagnostics.append(link_out_of_package(self._span(link), target, reason))
        return not reason

    def _take(self, path: Path, *, asked: bool) -> None:
        try:
            found = path.stat()
        except OSError as error:
            self._unreadable(path, error)
            return
        if not stat.S_ISREG(found.st_mode):
            return
        parts = path.relative_to(self._tree.folder).parts
        name = str(self._tree.place.joinpath(*parts))
        secret = is_secret(parts) or is_secret(self._real_parts(path) or parts)
        if secret and not (asked and self._is_allowed(path)):
            pattern = f"/{self._choice.include.name(path)}"
            self.diagnostics.append(secret_in_package(self._span(path), pattern))
        elif not _is_text(name):
            self._refuse(path, "its name is no text")
        elif not os.access(path, os.R_OK):
            self._refuse(path, "permission denied")
        else:
            program = bool(found.st_mode & stat.S_IXUSR)
            self.files.append(Packed(name, found.st_size, program, path))

    def _is_allowed(self, path: Path) -> bool:
        """Whether the project names a secret knowingly: by its path, or as secrets are named."""
        include = self._choice.include
        return any(
            line.strip("/") == include.name(path) or is_secret_pattern(line)
            for line in include.matching(path)
        )

    def _real_parts(self, path: Path | str) -> tuple[str, ...] | None:
        """The names that lead to a file or folder from the tree it really lies in, if in any."""
        real = Path(os.path.realpath(path))
        inside = (root for root in self._real if real.is_relative_to(root))
        return next((real.relative_to(root).parts for root in inside), None)

    def _unreadable(self, path: Path, error: OSError) -> None:
        self._refuse(path, (error.strerror or str(error)).lower())

    def _refuse(self, path: Path, reason: str) -> None:
        self.diagnostics.append(unreadable_for_package(self._span(path), reason))

    def _span(self, path: Path) -> Span:
        """The path as the user sees it from where the flow was named."""
        inside = os.path.relpath(path, self._flow)
        return Span(PurePath(os.path.normpath(Path(self._named, inside))).as_posix())


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
