"""The files that a flow is made of: its own, and those that it takes names from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from flowc.diagnostics import Diagnostic
from flowc.syntax import problems
from flowc.syntax.imports import Imports, read_imports
from flowc.syntax.outline import Outline, read_outline
from flowc.syntax.roots import SourceRoots
from flowc.syntax.source import Source, parse_alone, parse_syntax, parse_tree, read_source

if TYPE_CHECKING:
    from flowc.syntax.static.module import Module


class UnparsableError(Exception):
    """A part of a file is no text that libcst can parse; never leaves `flowc.syntax`."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__()
        self.diagnostics = diagnostics


class File:
    """A file with what libcst and the static evaluation make of it, each when it is needed.

    `name` is how the flow's folder sees the file; `module` is its name for imports.
    """

    def __init__(self, project: Project, source: Source, name: str, module: str) -> None:
        self.project = project
        self.source = source
        self.name = name
        self._module = module

    @cached_property
    def module(self) -> Module:
        """The file's names as the static evaluation sees them."""
        # Loaded only for a flow that says more than literals.
        from flowc.syntax.static.module import Module  # noqa: PLC0415

        package = self.name.endswith("/__init__.py") and bool(self._module)
        return Module(self._module, package=package, finder=self.project, tree=self._syntax)

    @cached_property
    def syntax(self) -> ast.Module | None:
        """What Python makes of the text, if it is of this Python's grammar."""
        return parse_syntax(self.source)

    @cached_property
    def _outline(self) -> tuple[cst.Module, Outline] | None:
        """The file's outline, and the tree of its top; None if only the whole can be parsed."""
        outline = read_outline(self.source, self.syntax) if self.syntax else None
        tree = parse_alone(outline.top) if outline else None
        return (tree, outline) if tree and outline else None

    @cached_property
    def _whole(self) -> tuple[cst.Module | None, list[Diagnostic]]:
        return parse_tree(self.source)

    @property
    def tree(self) -> cst.Module | None:
        """The statements at the top, of which classes and functions may lack their bodies."""
        return self._outline[0] if self._outline else self._whole[0]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What keeps the tree from being there."""
        return [] if self._outline else self._whole[1]

    def classes(self) -> list[cst.ClassDef]:
        """The classes at the top, in order, some without their bodies."""
        return _classes(self.tree)

    def body(self, place: int) -> Iterator[cst.BaseStatement | cst.BaseSmallStatement]:
        """The statements in the body of the class at a place in the order of classes."""
        parts = self._outline[1].bodies[place] if self._outline else ()
        if not parts:
            yield from self.classes()[place].body.body
            return
        count = 0
        for part in parts:
            tree = parse_alone(f"class _:\n{part}")
            if tree is None:
                yield from self._whole_class(place).body.body[count:]
                return
            (around,) = _classes(tree)
            yield from around.body.body
            count += len(around.body.body)

    def _whole_class(self, place: int) -> cst.ClassDef:
        tree, diagnostics = self._whole
        if tree is None:
            raise UnparsableError(diagnostics)
        return _classes(tree)[place]

    @cached_property
    def imports(self) -> Imports:
        return read_imports(self.tree) if self.tree else Imports()

    def _syntax(self) -> ast.Module | None:
        if self.syntax is None and self.source.layout.too_deep is None:
            self.project.tell_unparsable(self)
        return self.syntax


def _classes(tree: cst.Module | None) -> list[cst.ClassDef]:
    return [node for node in tree.body if isinstance(node, cst.ClassDef)] if tree else []


class Project:
    """Finds the files of a flow, and reads each once, when a name of it is needed."""

    def __init__(self, main: Source, roots: SourceRoots | None = None) -> None:
        self._roots = roots
        self._main = File(self, main, "", "")
        self._files: dict[str, File | None] = {}
        self._known = [self._main]
        self.diagnostics: list[Diagnostic] = []

    @property
    def main(self) -> File:
        """The flow's own file."""
        return self._main

    @property
    def files(self) -> list[File]:
        """All files that were read."""
        return list(self._known)

    def find(self, name: str) -> Module | None:
        """The module of a dotted name, if a source root has it."""
        if name not in self._files:
            self._files[name] = self._read(name)
        file = self._files[name]
        return file.module if file else None

    def file_of(self, module: Module) -> File:
        """The file that a module was read from."""
        return next(file for file in self._known if file.module is module)

    def tell_unparsable(self, file: File) -> None:
        """Keep a finding on a file that a name was needed from, but that is not Python."""
        if file is not self._main:
            self.diagnostics += map(problems.unread_import, file.diagnostics)

    def _read(self, name: str) -> File | None:
        found = self._roots.find(name) if self._roots else None
        if self._roots is None or found is None:
            return None
        source, diagnostics = read_source(found[0])
        if source is None:
            self.diagnostics += map(problems.unread_import, diagnostics)
            return None
        file = File(self, source, self._roots.relative(found[0]), name)
        self._known.append(file)
        return file
