"""The folders whose files a flow may import, and the modules in them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath


@dataclass(frozen=True, slots=True)
class SourceRoots:
    """The roots of a flow, of which nothing is read before a module is looked up.

    They are the folder of the flow's file, then what the nearest `pyproject.toml` above it
    names under `[tool.flowc] source-roots`. `flow` is the file as the user named it.
    """

    flow: str

    def find(self, module: str) -> tuple[str, bool] | None:
        """The path of a module's file, and whether it is a package's; None if there is none.

        Modules of Python's own library come before all others, or may have been loaded by then.
        """
        words = module.split(".")
        if words[0] in sys.stdlib_module_names or not all(word.isidentifier() for word in words):
            return None
        return next((found for root in self._folders() if (found := _within(root, words))), None)

    def relative(self, path: str) -> str:
        """A file's name, as the flow's folder sees it."""
        return PurePath(os.path.relpath(path, Path(self.flow).parent)).as_posix()

    def configured(self) -> tuple[str, ...]:
        """The roots besides the flow's folder, as that folder sees them."""
        folder = Path(self.flow).absolute().parent
        roots = (os.path.relpath(root, folder) for root in _configured(folder))
        return tuple(PurePath(root).as_posix() for root in roots)

    def _folders(self) -> Iterator[Path]:
        folder = Path(self.flow).parent
        yield folder
        for root in self.configured():
            yield Path(os.path.normpath(folder / root))


def _within(root: Path, words: list[str]) -> tuple[str, bool] | None:
    package = root.joinpath(*words, "__init__.py")
    module = root.joinpath(*words[:-1], f"{words[-1]}.py")
    found = ((str(path), path is package) for path in (package, module) if path.is_file())
    return next(found, None)


def _configured(folder: Path) -> list[Path]:
    """The source roots that the nearest `pyproject.toml` names."""
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            return [parent / root for root in _named(file)]
    return []


def _named(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return []
    # Most projects name no roots, and so need no reader of TOML.
    return _named_in(text) if "source-roots" in text else []


def _named_in(text: str) -> list[str]:
    import tomllib  # noqa: PLC0415

    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError):
        return []
    match content:
        case {"tool": {"flowc": {"source-roots": [*roots]}}}:
            return [root for root in roots if isinstance(root, str)]
        case _:
            return []
