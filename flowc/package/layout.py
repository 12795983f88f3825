"""Where the folders of a flow stand in its package.

`code/` is the smallest folder that holds the flow's folder and all source roots, and inside it
they lie as they do on disk, so that the roots of the plan lead from one to the other as before.
Most flows have no root above their folder: then `code/` is the flow's folder itself. With the root
`../lib`, a flow in `flows/` has its file at `code/flows/flow.py` and the root at `code/lib/`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

CODE = "code"


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder on disk, and its place in the package."""

    folder: Path
    place: PurePosixPath


@dataclass(frozen=True, slots=True)
class Layout:
    """The trees of a flow: that of its own folder, and those of its source roots."""

    flow: Tree
    roots: tuple[Tree, ...]

    @property
    def trees(self) -> tuple[Tree, ...]:
        return (self.flow, *self.roots)


def lay_out(folder: Path, roots: Sequence[str]) -> Layout:
    """The layout of a flow in an absolute folder, with the roots as that folder sees them."""
    names = [PurePath(os.path.normpath(root)) for root in roots]
    above = max((name.parts.count("..") for name in names), default=0)
    source = PurePosixPath(CODE, *folder.parts[len(folder.parts) - above :])
    return Layout(
        Tree(folder, source), tuple(_tree(folder / name, source / name) for name in names)
    )


def _tree(folder: Path, place: PurePosixPath) -> Tree:
    return Tree(Path(os.path.normpath(folder)), PurePosixPath(os.path.normpath(place)))
