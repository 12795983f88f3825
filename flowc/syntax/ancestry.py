"""Which classes a flow inherits from, in the order in which Python looks names up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from flowc.syntax.classes import PlacedClass, read_classes
from flowc.syntax.literals import code
from flowc.syntax.project import File, Project
from flowc.syntax.static.uncertain import NotStaticError

if TYPE_CHECKING:
    from flowc.syntax.static.symbols import ClassRef

_FLOW_SPEC = "FlowSpec"

# A class of a flow's files, or the word for one from elsewhere.
Ancestor: TypeAlias = "PlacedClass | str"


@dataclass(frozen=True, slots=True)
class Ancestry:
    """The classes that a name of the class may come from, itself first.

    `missing` are bases whose steps cannot be seen, `mixins` are names of classes that are no
    flows by themselves.
    """

    classes: tuple[PlacedClass, ...]
    is_flow: bool
    missing: tuple[str, ...] = ()
    mixins: frozenset[str] = frozenset()


@dataclass(slots=True)
class Genealogy:
    """Finds the ancestry of classes; each file's classes are read once."""

    project: Project
    _files: dict[int, dict[str, PlacedClass]] = field(default_factory=dict)
    _orders: dict[tuple[int, str], list[Ancestor]] = field(default_factory=dict)
    _waiting: set[tuple[int, str]] = field(default_factory=set)
    _missing: dict[tuple[int, str], list[str]] = field(default_factory=dict)

    def classes(self, file: File) -> dict[str, PlacedClass]:
        """The classes at the top of a file by name; of several of one name, the last."""
        if id(file) not in self._files:
            self._files[id(file)] = {placed.name: placed for placed in read_classes(file)}
        return self._files[id(file)]

    def ancestry(self, placed: PlacedClass) -> Ancestry:
        """The class's ancestry."""
        order = self._order(placed)
        classes = tuple(each for each in order if isinstance(each, PlacedClass))
        missing = [name for each in classes for name in self._missing.get(_key(each), [])]
        mixins = {each.name for each in classes if _FLOW_SPEC not in self._order(each)}
        return Ancestry(
            classes,
            _FLOW_SPEC in order,
            tuple(dict.fromkeys(missing)),
            frozenset() if missing else frozenset(mixins),
        )

    def _order(self, placed: PlacedClass) -> list[Ancestor]:
        key = _key(placed)
        if key in self._waiting:
            raise NotStaticError
        if key not in self._orders:
            self._waiting.add(key)
            try:
                self._orders[key] = self._linearized(placed)
            finally:
                self._waiting.discard(key)
        return self._orders[key]

    def _linearized(self, placed: PlacedClass) -> list[Ancestor]:
        bases = list(self._bases(placed))
        rows: list[list[Ancestor]] = [
            self._order(base) if isinstance(base, PlacedClass) else [base] for base in bases
        ]
        merged = _merged([*rows, bases])
        if merged is None:
            self._miss(placed, f"any order of the bases of `{placed.name}`")
            merged = []
        return [placed, *merged]

    def _bases(self, placed: PlacedClass) -> Iterator[Ancestor]:
        for node in placed.bases:
            try:
                base = self._base(placed, node)
                if isinstance(base, PlacedClass):
                    self._order(base)
            except NotStaticError:
                if not _is_of_python(placed.file, node):
                    self._miss(placed, f"the base `{code(node)}` of `{placed.name}`")
            else:
                if base:
                    yield base

    def _base(self, placed: PlacedClass, node: cst.BaseExpression) -> Ancestor:
        names = placed.names.within("")
        if names.meaning(node) == _FLOW_SPEC:
            return _FLOW_SPEC
        found = names.class_of(node)
        if not isinstance(found, str):
            return self.find(found)
        return found if found == _FLOW_SPEC else ""

    def find(self, found: ClassRef) -> PlacedClass:
        """The class where it stands in its file."""
        placed = self.classes(self.project.file_of(found.module)).get(found.name)
        if placed is None:
            raise NotStaticError
        return placed

    def _miss(self, placed: PlacedClass, what: str) -> None:
        self._missing.setdefault(_key(placed), []).append(what)


def _key(placed: PlacedClass) -> tuple[int, str]:
    return id(placed.file), placed.name


def _is_of_python(file: File, node: cst.BaseExpression) -> bool:
    """Whether a base comes from Python's own library, where there are no steps."""
    names = file.module.imported_names(code(node).partition(".")[0])
    modules = [name.partition(".")[0] for name in names]
    return bool(modules) and all(module in sys.stdlib_module_names for module in modules)


def _merged(rows: list[list[Ancestor]]) -> list[Ancestor] | None:
    """The rows as one, each in its order (Python's C3); None if there is no such order."""
    merged: list[Ancestor] = []
    rows = [list(row) for row in rows if row]
    while rows:
        heads = (row[0] for row in rows)
        chosen = next((head for head in heads if not any(head in row[1:] for row in rows)), None)
        if chosen is None:
            return None
        merged.append(chosen)
        rows = [rest for row in rows if (rest := [each for each in row if each != chosen])]
    return merged
