"""The files that a flow is made of: its own, and those that it takes names from."""

from __future__ import annotations

import ast
import weakref
from functools import cached_property
from typing import TYPE_CHECKING

from flowc.diagnostics import Diagnostic
from flowc.ir.config import ConfigChoices
from flowc.syntax import problems
from flowc.syntax.imports import Imports, read_imports
from flowc.syntax.roots import SourceRoots
from flowc.syntax.source import Source, parse_syntax, read_source
from flowc.syntax.tree import Tree

if TYPE_CHECKING:
    from flowc.syntax.configs import Configs
    from flowc.syntax.static.module import Module


class File:
    """A file with what libcst and the static evaluation make of it, each when it is needed.

    `name` is how the flow's folder sees the file; `module` is its name for imports.
    """

    def __init__(self, project: Project, source: Source, name: str, module: str) -> None:
        # The project holds its files: what is read is gone with it, with no garbage to be found.
        self.project: Project = weakref.proxy(project)
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
    def tree(self) -> Tree:
        """What libcst makes of the text."""
        return Tree(self.source, self.syntax)

    @cached_property
    def imports(self) -> Imports:
        return read_imports(self.tree.top) if self.tree.top else Imports()

    def _syntax(self) -> ast.Module | None:
        if self.syntax is None and self.source.layout.too_deep is None:
            self.project.tell_unparsable(self)
        return self.syntax


class Project:
    """Finds the files of a flow, and reads each once, when a name of it is needed.

    `choices` says what configurations are read from; once they are, `configs` holds them.
    """

    def __init__(
        self,
        main: Source,
        roots: SourceRoots | None = None,
        choices: ConfigChoices = ConfigChoices(),  # noqa: B008 (it never changes)
    ) -> None:
        self.choices = choices
        self.configs: Configs | None = None
        self._roots = roots
        self._main = File(self, main, "", "")
        self._files: dict[str, File | None] = {}
        self._known = [self._main]
        self._settings: list[Source] = []
        self.diagnostics: list[Diagnostic] = []

    @property
    def main(self) -> File:
        """The flow's own file."""
        return self._main

    @property
    def sources(self) -> list[Source]:
        """The text of all files that were read."""
        return [*(file.source for file in self._known), *self._settings]

    @property
    def source_roots(self) -> tuple[str, ...]:
        """The configured source roots, as the flow's folder sees them."""
        return self._roots.configured() if self._roots else ()

    def read_settings(self, source: Source) -> None:
        """Keep the text of a configuration's file."""
        self._settings.append(source)

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
            self.diagnostics += map(problems.unread_import, file.tree.diagnostics)

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
