"""What is known of a decorator that cannot be evaluated: where it comes from, and what it uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from flowc.ir.flow import Origin
from flowc.syntax.static.bindings import (
    Assigned,
    Imported,
    Otherwise,
    Site,
    is_home_import,
    walk,
)
from flowc.syntax.static.builtins import NAMES
from flowc.syntax.static.markers import MAKERS

if TYPE_CHECKING:
    from flowc.syntax.static.module import Module

# A dotted name, word by word, as a module sees it.
Path: TypeAlias = "tuple[Module, tuple[str, ...]]"

_EXTENSIONS = "metaflow_extensions"
# Of what Metaflow gives in small letters, these decorate nothing; nor do its classes.
_NO_DECORATORS = frozenset(
    {"cards", "config_expr", "current", "default_metadata", "default_namespace", "exception"}
    | {"get_metadata", "get_namespace", "inspect_spin", "metadata", "namespace", "parallel_map"}
    | {"namespaced_event_name", "parallel_imap_unordered", "profile", "user_step_decorator"}
)

_LEAST_CERTAIN_FIRST = (
    *(Origin.UNSEEN, Origin.FLOW_MUTATOR, Origin.STEP_MUTATOR, Origin.USER_STEP_DECORATOR),
    Origin.EXTENSION,
)


def origin_of(module: Module, words: Sequence[str]) -> Origin:
    """The origin of what a dotted name stands for that is none of Metaflow's decorators."""
    found, waiting, seen = set(), [(module, tuple(words))], set()
    while waiting:
        path = waiting.pop()
        if not path[1] or path in seen:
            continue
        seen.add(path)
        for step in _steps(*path):
            if isinstance(step, Origin):
                found.add(step)
            else:
                waiting.append(step)
    return next((origin for origin in _LEAST_CERTAIN_FIRST if origin in found), Origin.FUNCTION)


def _steps(module: Module, words: tuple[str, ...]) -> Iterator[Path | Origin]:
    """Where the name comes from, or other names that it depends on."""
    sites = module.bindings.sites.get(words[0], [])
    if not sites:
        inner = _starred(module, words)
        yield inner or (Origin.FUNCTION if words[0] in NAMES else Origin.UNSEEN)
    for site in sites:
        match site.origin:
            case Imported(statement, alias):
                yield _followed(module, site, words) or _of_module(statement, alias)
            case Assigned(value):
                yield _made_by(module, value)
            case ast.FunctionDef(decorator_list=above):
                yield from (_made_by(module, each) for each in above)
            case ast.ClassDef(bases=bases, decorator_list=above):
                yield from (_made_by(module, each) for each in (*bases, *above))
            case Otherwise():
                yield Origin.UNSEEN


def _made_by(module: Module, node: ast.expr) -> Path | Origin:
    """What the decorator of a function, the base of a class, or a value makes of it."""
    words = dotted(node)
    word = module.api_word(words) if words else ""
    return MAKERS.get(word, Origin.FUNCTION) if word else (module, words)


def _followed(module: Module, site: Site, words: tuple[str, ...]) -> Path | None:
    """The name in the file of the source roots that it is imported from."""
    match site.origin:
        case Imported(ast.ImportFrom() as statement, alias) if not is_home_import(statement):
            inner = module.source_of(statement)
            beneath = inner.submodule(alias.name) if inner else None
            if beneath and len(words) > 1:
                return beneath, words[1:]
            return (inner, (alias.name, *words[1:])) if inner else None
        case Imported(ast.Import(), alias):
            # `import a.b` binds `a`, `import a.b as c` what `a.b` is.
            prefix = alias.name.split(".")
            beside = words[1:] if alias.asname else words[len(prefix) :]
            inner = module.module_named(alias.name)
            return (inner, beside) if inner and beside else None
        case _:
            return None


def _starred(module: Module, words: tuple[str, ...]) -> Path | None:
    """The name in a file that a star import takes it from."""
    for statement, _, _ in reversed(module.bindings.stars):
        inner = None if is_home_import(statement) else module.source_of(statement)
        if inner and inner.bindings.sites.get(words[0]):
            return inner, words
    return None


def _of_module(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Origin:
    """The origin of what is imported from a module that no source root has."""
    if is_home_import(statement):
        return Origin.EXTENSION
    name = alias.name if isinstance(statement, ast.Import) else statement.module or ""
    top = name.partition(".")[0]
    relative = isinstance(statement, ast.ImportFrom) and statement.level
    if top == _EXTENSIONS and not relative:
        return Origin.EXTENSION
    return Origin.FUNCTION if top in sys.stdlib_module_names and not relative else Origin.UNSEEN


def dotted(node: ast.expr) -> tuple[str, ...]:
    """The words of a dotted name, or of the one that is called; none if it is neither."""
    words: list[str] = []
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return (node.id, *reversed(words)) if isinstance(node, ast.Name) else ()


def decorators_used(module: Module, words: Sequence[str]) -> tuple[str, ...]:
    """The flow API's decorators that stand in the code of what a dotted name stands for."""
    found: set[str] = set()
    waiting, seen = [(module, tuple(words))], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        inner, name = path
        for site in inner.bindings.sites.get(name[0], []):
            followed = _followed(inner, site, name)
            waiting += [followed] if followed else []
            if isinstance(site.origin, Assigned | ast.FunctionDef | ast.ClassDef):
                node = site.origin.value if isinstance(site.origin, Assigned) else site.origin
                found |= set(_api_words(inner, node))
                waiting += [(inner, each) for each in _names(node)]
        if not inner.bindings.sites.get(name[0]) and (star := _starred(inner, name)):
            waiting.append(star)
    return tuple(sorted(found))


def _names(node: ast.AST) -> list[tuple[str, ...]]:
    """The names in some code that are not its own, those of modules with what follows them."""
    owners, local = set(), set()
    found: list[ast.expr] = []
    for each in walk([node]):
        match each:
            case ast.Attribute(value):
                owners.add(id(value))
                found.append(each)
            case ast.Name(name, ast.Store()) | ast.arg(name):
                local.add(name)
            case ast.Name():
                found.append(each)
    words = {dotted(each) for each in found if id(each) not in owners}
    return sorted(path for path in words if path and path[0] not in local)


def _api_words(module: Module, node: ast.AST) -> Iterator[str]:
    for words in _names(node):
        word = module.api_word(words)
        if word and word[0].islower() and word not in _NO_DECORATORS:
            yield word
