"""Whether a file or folder goes into a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from flowc.package.choice import Choice, nearest_project
from flowc.package.patterns import Patterns, read_ignored, standard


class Verdict(Enum):
    """`ASKED`: the project names it under `include`. `AROUND`: only what it holds may be that."""

    OUT = "out"
    AROUND = "around"
    IN = "in"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides in a folder: the project's choice, the standard, `.gitignore` from the top."""

    choice: Choice
    standard: Patterns
    ignored: tuple[Patterns, ...]

    def inside(self, folder: Path) -> Rules:
        """The rules in a folder of this folder; raises `OSError`."""
        found = read_ignored(folder)
        return Rules(self.choice, self.standard, (*self.ignored, found)) if found else self

    def judge(self, path: Path, *, folder: bool, around: bool = False) -> Verdict:
        """What `exclude` says holds, then `include`, the standard, and the nearest `.gitignore`.

        With `around`, the path lies in a folder that is left out but for what `include` names.
        """
        if self.choice.exclude.decide(path, folder=folder):
            return Verdict.OUT
        if self.choice.include.decide(path, folder=folder):
            return Verdict.ASKED
        if not around and not self._ignores(path, folder=folder):
            return Verdict.IN
        return Verdict.AROUND if folder and self.choice.include.may_match_in(path) else Verdict.OUT

    def _ignores(self, path: Path, *, folder: bool) -> bool:
        if self.standard.decide(path, folder=folder):
            return True
        said = (each.decide(path, folder=folder) for each in reversed(self.ignored))
        return next((decision for decision in said if decision is not None), False)


def rules_of(folder: Path, choice: Choice) -> Rules:
    """The rules at the top of a tree, with the `.gitignore` files above it; raises `OSError`.

    Those reach from the repository's top, or else from the project's. One that ignores the whole
    tree says nothing of what is in it.
    """
    found = [read_ignored(each) for each in _from_top(folder)]
    ignored = (each for each in found if each and not each.decide(folder, folder=True))
    return Rules(choice, standard(folder), tuple(ignored))


def _from_top(folder: Path) -> Sequence[Path]:
    """The folders above a folder whose `.gitignore` concerns it, from the top down."""
    above = (folder, *folder.parents)
    project = nearest_project(folder)
    top = next((each for each in above if (each / ".git").exists()), None)
    top = top or (project.parent if project else folder)
    return above[1 : above.index(top) + 1][::-1]
