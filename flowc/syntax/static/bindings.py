"""Where a module or class binds its names, and what might change them behind its back."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# With these a module can bind any name.
_DYNAMIC = frozenset({"eval", "exec"})
_ALONE = frozenset({"globals", "locals", "vars"})
_ANY_ATTRIBUTE = "*"
_HOMES = frozenset({"flowc", "metaflow"})


@dataclass(frozen=True, slots=True)
class Assigned:
    """A name's value in an assignment; `path` leads to it where a sequence is taken apart."""

    value: ast.expr
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds."""

    statement: ast.Import | ast.ImportFrom
    alias: ast.alias


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A name that a loop, a `with`, a `del` or the like binds."""


Origin = Assigned | Imported | ast.FunctionDef | ast.ClassDef | Otherwise


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a name is bound: in which statement of the body, and whether by it alone."""

    origin: Origin
    order: int
    direct: bool


@dataclass(slots=True)
class Bindings:
    """The sites of each name, star imports in order, and what makes names uncertain.

    `elsewhere` are names that functions declare global, `stored` are attributes that something
    sets on a module or class, `dynamic` says that any name may be bound by running code.
    """

    sites: dict[str, list[Site]] = field(default_factory=dict)
    stars: list[tuple[ast.ImportFrom, int, bool]] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    dynamic: bool = False

    def is_stored(self, attribute: str) -> bool:
        return attribute in self.stored or _ANY_ATTRIBUTE in self.stored


def read_bindings(body: Sequence[ast.stmt]) -> Bindings:
    """The bindings of a module's or class's body."""
    reader = _Reader()
    for order, statement in enumerate(body):
        reader.statement(statement, order)
    return reader.found


def is_step(node: ast.AST) -> bool:
    """Whether it looks like a step, whose body runs only when all names have their values."""
    return isinstance(node, ast.FunctionDef) and any(
        _last_word(decorator) == "step" for decorator in node.decorator_list
    )


def _last_word(node: ast.expr) -> str:
    match node:
        case ast.Call(func):
            return _last_word(func)
        case ast.Attribute(attr=word) | ast.Name(word):
            return word
        case _:
            return ""


@dataclass(slots=True)
class _Reader:
    found: Bindings = field(default_factory=Bindings)
    order: int = 0

    def statement(self, node: ast.stmt, order: int) -> None:
        self.order = order
        self._visit(node, direct=True)

    def _bind(self, name: str, origin: Origin, *, direct: bool) -> None:
        self.found.sites.setdefault(name, []).append(Site(origin, self.order, direct))

    def _visit(self, node: ast.AST, *, direct: bool) -> None:  # noqa: C901, PLR0912 (a flat table)
        """Collect what a node of this scope binds."""
        match node:
            case ast.Assign(targets, value):
                for target in targets:
                    self._assign(target, Assigned(value), direct=direct)
                self._visit(value, direct=False)
            case ast.AnnAssign(target, _, value):
                if value is not None:
                    self._assign(target, Assigned(value), direct=direct)
                    self._visit(value, direct=False)
            case ast.Import(names):
                for alias in names:
                    self._suspect(alias)
                    name = alias.asname or alias.name.partition(".")[0]
                    self._bind(name, Imported(node, alias), direct=direct)
            case ast.ImportFrom(names=names):
                for alias in names:
                    self._import(node, alias, direct=direct)
            case ast.FunctionDef(name) | ast.ClassDef(name):
                self._bind(name, node, direct=direct)
                self._scope(node)
            case ast.AsyncFunctionDef(name):
                self._bind(name, Otherwise(), direct=direct)
                self._scope(node)
            case ast.Lambda():
                self._scope(node)
            case _:
                self._named(node)
                self._suspect(node)
                for child in ast.iter_child_nodes(node):
                    self._visit(child, direct=False)

    def _import(self, node: ast.ImportFrom, alias: ast.alias, *, direct: bool) -> None:
        if alias.name == "*":
            self.found.stars.append((node, self.order, direct))
        else:
            self._bind(alias.asname or alias.name, Imported(node, alias), direct=direct)

    def _assign(self, target: ast.expr, value: Assigned, *, direct: bool) -> None:
        match target:
            case ast.Name(name):
                self._bind(name, value, direct=direct)
            case ast.Tuple(parts) | ast.List(parts):
                starred = any(isinstance(part, ast.Starred) for part in parts)
                for index, part in enumerate(parts):
                    place = Assigned(value.value, (*value.path, index, len(parts)))
                    self._assign(part, place, direct=direct and not starred)
            case _:
                self._visit(target, direct=False)

    def _named(self, node: ast.AST) -> None:
        """Note a name that a node other than an assignment binds."""
        match node:
            case ast.Name(name, ast.Store() | ast.Del()):
                self._bind(name, Otherwise(), direct=False)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self._bind(name, Otherwise(), direct=False)
            case ast.MatchStar(str(name)) | ast.MatchMapping(rest=str(name)):
                self._bind(name, Otherwise(), direct=False)
            case ast.Global(names):
                self.found.elsewhere.update(names)

    def _scope(self, node: ast.AST) -> None:
        """Look into an inner scope; what stands in its head is evaluated in this one."""
        body = getattr(node, "body", [])
        within = body if isinstance(body, list) else [body]
        for child in ast.iter_child_nodes(node):
            if child not in within:
                self._visit(child, direct=False)
        for inner in walk(within):
            if isinstance(inner, ast.Global):
                self.found.elsewhere.update(inner.names)
            elif isinstance(inner, ast.NamedExpr):
                self._bind(inner.target.id, Otherwise(), direct=False)
        if not is_step(node):
            for inner in walk(within, steps=False):
                self._suspect(inner)

    def _suspect(self, node: ast.AST) -> None:
        """Note what may change names without naming them."""
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                if not _is_own(node):
                    self.found.stored.add(name)
            case ast.Attribute(attr="__dict__" | "__globals__") if not _is_own(node):
                self.found.dynamic = True
            case ast.alias("__main__"):
                self.found.dynamic = True
            case ast.Attribute(ast.Name("sys"), "modules"):
                self.found.dynamic = True
            case ast.Call(ast.Name(name), args) if name in (_ALONE if not args else _DYNAMIC):
                self.found.dynamic = True
            case ast.Call(ast.Name("setattr" | "delattr"), [ast.Name(name), *_]):
                if name != "self":
                    self.found.stored.add(_ANY_ATTRIBUTE)


def _is_own(node: ast.Attribute) -> bool:
    """Whether it is an attribute of a method's own object."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def walk(nodes: Sequence[ast.AST], *, steps: bool = True) -> Iterator[ast.AST]:
    """All nodes below, those in the bodies of steps perhaps left out."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if steps or not is_step(node):
            waiting.extend(ast.iter_child_nodes(node))


def root(node: ast.AST) -> str:
    """The first word of a dotted name or chain of subscripts, or an empty one."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_home_import(statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether it imports the flow API, or from it."""
    if isinstance(statement, ast.ImportFrom):
        return not statement.level and (statement.module or "").partition(".")[0] in _HOMES
    return all(alias.name.partition(".")[0] in _HOMES for alias in statement.names)


def is_home(origin: Origin) -> bool:
    """Whether a name is bound by an import of the flow API."""
    if not isinstance(origin, Imported):
        return False
    if isinstance(origin.statement, ast.Import):
        return origin.alias.name.partition(".")[0] in _HOMES
    return is_home_import(origin.statement)
