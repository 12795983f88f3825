"""What the names of one file stand for, read once, when they are asked for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Protocol

from flowc.syntax.static.bindings import (
    Assigned,
    Bindings,
    Imported,
    Origin,
    Otherwise,
    Site,
    is_home,
    is_home_import,
    read_bindings,
    root,
)
from flowc.syntax.static.bounds import checked, is_mutable
from flowc.syntax.static.builtins import NAMES, items_of
from flowc.syntax.static.choice import Choice
from flowc.syntax.static.evaluate import evaluate
from flowc.syntax.static.memory import Memory
from flowc.syntax.static.provenance import Provenance
from flowc.syntax.static.sharing import shared_names
from flowc.syntax.static.symbols import (
    ApiModule,
    ApiName,
    Applied,
    Builtin,
    ClassRef,
    Decorated,
    Function,
    ModuleRef,
    Once,
    Scope,
    Static,
)
from flowc.syntax.static.uncertain import NotStaticError

_SYMBOLS = (ApiModule, ApiName, Applied, Builtin, Decorated, Function)


class Finder(Protocol):
    """Finds the modules of a flow's source roots."""

    def find(self, name: str) -> Module | None:
        """The module of a dotted name, or None if no source root has it."""


class Module:
    """The names of a file, as a scope; `tree` gives its syntax, or None if it has none."""

    def __init__(
        self, name: str, *, package: bool, finder: Finder, tree: Callable[[], ast.Module | None]
    ) -> None:
        self.name = name
        self._package = package
        self._finder = finder
        self._read_tree = tree
        self._known = Memory()
        self._classes: dict[str, ClassScope] = {}
        self.provenances: dict[tuple[str, str], Provenance] = {}

    @cached_property
    def tree(self) -> ast.Module:
        """The file's syntax; empty, with all names uncertain, if it cannot be read."""
        return self._read_tree() or ast.Module([], [])

    @cached_property
    def bindings(self) -> Bindings:
        tree = self._read_tree()
        return read_bindings(tree.body) if tree else Bindings(dynamic=True)

    @cached_property
    def shared(self) -> frozenset[str]:
        """The names whose lists and dictionaries some code may change."""
        return shared_names(self.tree, self.bindings, self.is_api)

    def is_api(self, node: ast.AST) -> bool:
        """Whether an expression is, or calls, something of the flow API."""
        match node:
            case ast.Call(function):
                return self.is_api(function)
            case ast.Name(name) | ast.Attribute(ast.Name(name)):
                sites = self.bindings.sites.get(name, [])
                starred = not sites and name not in NAMES and self._has_api_star()
                return starred or any(is_home(site.origin) for site in sites)
            case _:
                return False

    def api_word(self, words: Sequence[str]) -> str:
        """The flow API's name that a dotted name begins with, or that of its module."""
        first, *rest = words
        sites = self.bindings.sites.get(first, [])
        for origin in (site.origin for site in sites if is_home(site.origin)):
            if isinstance(origin, Imported):
                whole = isinstance(origin.statement, ast.Import)
                return rest[0] if whole and rest else origin.alias.name
        return first if not sites and first not in NAMES and self._has_api_star() else ""

    def _has_api_star(self) -> bool:
        return any(is_home_import(statement) for statement, _, _ in self.bindings.stars)

    def enclosed(self) -> Scope:
        return self

    def outermost(self) -> Scope:
        return self

    def lookup(self, name: str) -> Static:
        """What a name of the file stands for; raises `NotStaticError` where it is uncertain."""
        value = self._known.recall(name, self._resolve)
        self.check_unshared(name, value)
        return value

    def check_unshared(self, name: str, value: Static) -> None:
        """Raise if the value can be changed, and what the name leads to may have been."""
        if not isinstance(value, (*_SYMBOLS, ModuleRef, ClassRef)):
            checked(value)
            if is_mutable(value) and name in self.shared:
                raise NotStaticError

    def attribute(self, owner: Static, node: ast.Attribute) -> Static:
        """What an attribute of a module or class stands for."""
        if self.bindings.is_stored(node.attr) or self.bindings.dynamic:
            raise NotStaticError
        match owner:
            case ModuleRef(module):
                value = module.member(node.attr)
            case ClassRef(module, definition) if not definition.bases:
                value = module.class_constant(definition, node.attr)
            case _:
                raise NotStaticError
        self.check_unshared(root(node), value)
        return value

    def member(self, name: str) -> Static:
        """What `from module import name` gives."""
        inner = self.submodule(name)
        if inner is None:
            return self.lookup(name)
        if not all(self._is_own(site.origin, name) for site in self.bindings.sites.get(name, [])):
            raise NotStaticError
        return ModuleRef(inner)

    def submodule(self, name: str) -> Module | None:
        """The module of that name within a package."""
        return self.module_named(f"{self.name}.{name}") if self._package else None

    def module_named(self, name: str) -> Module | None:
        """The module of a dotted name, if a source root has it."""
        return self._finder.find(name)

    def _is_own(self, origin: Origin, name: str) -> bool:
        """Whether it is an import of a package's own module of that name."""
        match origin:
            case Imported(ast.ImportFrom() as statement, alias):
                return alias.name == name and self.source_of(statement) is self
            case _:
                return False

    def class_constant(self, node: ast.ClassDef, name: str) -> Static:
        """The value of a name in a class that nothing decorates or derives from others."""
        if node.decorator_list or node.keywords:
            raise NotStaticError
        return self.class_scope(node.name).constant(name)

    def class_scope(self, name: str) -> ClassScope:
        """The scope within the body of a class, of which there is one of that name."""
        if name not in self._classes:
            match self.bindings.sites.get(name, []):
                case [Site(ast.ClassDef() as node, direct=True)]:
                    self._classes[name] = ClassScope(self, node)
                case _:
                    raise NotStaticError
        return self._classes[name]

    def class_names(self, name: str) -> list[str]:
        """All names that a class's body binds; none if there is no such class for certain."""
        try:
            return list(self.class_scope(name).bindings.sites)
        except NotStaticError:
            return []

    def class_sites(self, name: str, word: str) -> list[Site]:
        """Where a class binds a name; none if there is no such class for certain."""
        try:
            return self.class_scope(name).bindings.sites.get(word, [])
        except NotStaticError:
            return []

    def imported_names(self, name: str) -> list[str]:
        """The full names of what a name is imported as, if nothing else binds it."""
        found = []
        for site in self.bindings.sites.get(name, []):
            match site.origin:
                case Imported(ast.Import(), alias):
                    found.append(alias.name if alias.asname else alias.name.partition(".")[0])
                case Imported(ast.ImportFrom(module=str(module), level=0), alias):
                    found.append(f"{module}.{alias.name}")
                case _:
                    return []
        return found

    def exports(self) -> frozenset[str]:
        """The names that `from module import *` may bind."""
        if self.bindings.dynamic or self.bindings.elsewhere:
            raise NotStaticError
        if "__all__" in self.bindings.sites:
            return frozenset(map(str, items_of(self.lookup("__all__"))))
        return frozenset(self._known.recall("*", lambda _: self._public()))

    def _public(self) -> list[str]:
        names = set(self.bindings.sites)
        for statement, _, _ in self.bindings.stars:
            names |= self._star(statement).exports()
        return sorted(name for name in names if not name.startswith("_"))

    def _resolve(self, name: str) -> Static:
        bindings = self.bindings
        if bindings.dynamic or name in bindings.elsewhere:
            raise NotStaticError
        sites = bindings.sites.get(name, [])
        if not sites:
            return self._unbound(name)
        if name in NAMES or self._starred_later(name, max(site.order for site in sites)):
            raise NotStaticError
        return self._from_sites(name, sites)

    def _from_sites(self, name: str, sites: Sequence[Site]) -> Static:
        origins = [site.origin for site in sites]
        homes = [origin for origin in origins if is_home(origin)]
        if homes and all(isinstance(origin, Imported) for origin in origins):
            return self.imported(homes[0])
        if len({site.order for site in sites}) == 1 and not sites[0].direct:
            return Choice(self, name).value(self.tree.body[sites[0].order], len(sites))
        if len(sites) > 1 or not sites[0].direct:
            raise NotStaticError
        return value_of(origins[0], self, self)

    def _unbound(self, name: str) -> Static:
        """What a name stands for that only a star import or Python itself can have bound."""
        for statement, _, direct in reversed(self.bindings.stars):
            if is_home_import(statement):
                continue
            if not direct:
                raise NotStaticError
            module = self._star(statement)
            if name in module.exports():
                return module.member(name)
        if name in NAMES:
            if self.bindings.is_stored(name):
                raise NotStaticError
            return Builtin(name)
        if self._has_api_star():
            return ApiName(name)
        raise NotStaticError

    def may_bind(self, name: str) -> bool:
        """Whether a statement at the top of the file may bind the name."""
        if name in self.bindings.sites or name in self.bindings.elsewhere:
            return True
        return any(
            not is_home_import(statement) and name in self._star(statement).exports()
            for statement, _, _ in self.bindings.stars
        )

    def _starred_later(self, name: str, order: int) -> bool:
        return any(
            later > order and (is_home_import(statement) or name in self._star(statement).exports())
            for statement, later, _ in self.bindings.stars
        )

    def _star(self, statement: ast.ImportFrom) -> Module:
        module = self.source_of(statement)
        if module is None:
            raise NotStaticError
        return module

    def source_of(self, statement: ast.ImportFrom) -> Module | None:
        """The module that a `from … import` names, if a source root has it."""
        if not statement.level:
            return self._finder.find(statement.module or "")
        parts = self.name.split(".")
        above = statement.level - self._package
        if not self.name or above >= len(parts):
            return None
        names = [*parts[: len(parts) - above], *filter(None, [statement.module])]
        return self._finder.find(".".join(names))

    def imported(self, origin: Origin) -> Static:
        """What an import binds."""
        match origin:
            case Imported(statement) if is_home_import(statement):
                whole = isinstance(statement, ast.Import)
                return ApiModule() if whole else ApiName(origin.alias.name)
            case Imported(ast.Import(), alias):
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                return _ref(self._finder.find(name))
            case Imported(ast.ImportFrom() as statement, alias):
                module = self.source_of(statement)
                if module is None or self.bindings.is_stored(alias.name):
                    raise NotStaticError
                return module.member(alias.name)
            case _:
                raise NotStaticError


class ClassScope:
    """The scope within a class's body, whose names hide those of the module."""

    def __init__(self, module: Module, node: ast.ClassDef) -> None:
        self.module = module
        self.node = node
        self.bindings = read_bindings(node.body)
        self._known = Memory()

    def enclosed(self) -> Scope:
        return self.module

    def outermost(self) -> Scope:
        return self.module

    def lookup(self, name: str) -> Static:
        if name not in self.bindings.sites and name not in self.bindings.elsewhere:
            return self.module.lookup(name)
        # Which of two it is would depend on what has run before.
        if name in NAMES or self.module.may_bind(name):
            raise NotStaticError
        return self.constant(name)

    def constant(self, name: str) -> Static:
        """The value of a name of the class."""
        value = self._known.recall(name, self._resolve)
        self.module.check_unshared(name, value)
        return value

    def attribute(self, owner: Static, node: ast.Attribute) -> Static:
        return self.module.attribute(owner, node)

    def _resolve(self, name: str) -> Static:
        if name in self.bindings.elsewhere or self.module.bindings.dynamic:
            raise NotStaticError
        match self.bindings.sites.get(name, []):
            case [Site(Assigned() as origin, direct=True)]:
                return value_of(origin, self, self.module)
            case _:
                raise NotStaticError


def value_of(origin: Origin, scope: Scope, module: Module) -> Static:
    """What a name stands for that one statement binds."""
    match origin:
        case Assigned(expression, path):
            while path and isinstance(expression, ast.Tuple | ast.List):
                expression, path = _taken(expression, path)
            value = evaluate(expression, scope)
            for index, length in zip(path[::2], path[1::2], strict=True):
                items = items_of(checked(value))
                if len(items) != length:
                    raise NotStaticError
                value = items[index]
            if isinstance(value, Once):
                raise NotStaticError
            return value
        case Imported():
            return module.imported(origin)
        case ast.FunctionDef():
            return Function(origin, scope)
        case ast.ClassDef():
            return ClassRef(module, origin)
        case Otherwise():
            raise NotStaticError


def _taken(
    display: ast.Tuple | ast.List, path: tuple[int, ...]
) -> tuple[ast.expr, tuple[int, ...]]:
    """The element of a display that a path leads to, and what is left of the path."""
    index, length, *rest = path
    starred = any(isinstance(element, ast.Starred) for element in display.elts)
    if starred or len(display.elts) != length:
        raise NotStaticError
    return display.elts[index], tuple(rest)


def _ref(module: Module | None) -> ModuleRef:
    if module is None:
        raise NotStaticError
    return ModuleRef(module)
