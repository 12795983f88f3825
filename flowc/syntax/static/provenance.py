"""What is known of a decorator that cannot be evaluated: where it comes from, and what it uses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

_EXTENSIONS = "metaflow_extensions"
# Of what Metaflow gives in small letters, these decorate nothing; nor do its classes.
_NO_DECORATORS = frozenset(
    {"cards", "config_expr", "current", "default_metadata", "default_namespace", "exception"}
    | {"get_metadata", "get_namespace", "inspect_spin", "metadata", "namespace", "parallel_map"}
    | {"namespaced_event_name", "parallel_imap_unordered", "profile"}
)
_LEAST_CERTAIN_FIRST = (
    *(Origin.UNSEEN, Origin.FLOW_MUTATOR, Origin.STEP_MUTATOR, Origin.USER_STEP_DECORATOR),
    Origin.EXTENSION,
)


@dataclass(frozen=True, slots=True)
class Provenance:
    """A decorator's origin, and those of Metaflow's decorators that it may add."""

    origin: Origin
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A dotted name, word by word, as a module or a class `inside` of it sees it."""

    module: Module
    words: tuple[str, ...]
    inside: str = ""

    @property
    def sites(self) -> list[Site]:
        """Where the first word is bound."""
        own = self.module.class_sites(self.inside, self.words[0]) if self.inside else []
        return own or self.module.bindings.sites.get(self.words[0], [])


def provenance(node: ast.expr, module: Module, inside: str) -> Provenance:
    """What is known of `@node`, be it a name, a call or any other expression."""
    key = (inside, ast.dump(node))
    if key not in module.provenances:
        module.provenances[key] = _provenance(node, module, inside)
    return module.provenances[key]


def _provenance(node: ast.expr, module: Module, inside: str) -> Provenance:
    origin = _origin(Place(module, dotted(node), inside))
    unclear = origin in {Origin.FUNCTION, Origin.UNSEEN}
    return Provenance(origin, _decorators_used(module, node, inside) if unclear else ())


def _origin(place: Place) -> Origin:
    found, waiting, seen = set(), [place], set()
    while waiting:
        place = waiting.pop()
        if not place.words or place in seen:
            continue
        seen.add(place)
        for source in _sources(place):
            if isinstance(source, Origin):
                found.add(source)
            else:
                waiting.append(source)
    return next((origin for origin in _LEAST_CERTAIN_FIRST if origin in found), Origin.FUNCTION)


def _sources(place: Place) -> Iterator[Place | Origin]:
    """What the name comes from: origins, or other names that it depends on."""
    if not place.sites:
        builtin = Origin.FUNCTION if place.words[0] in NAMES else Origin.UNSEEN
        yield _starred(place) or builtin
    for site in place.sites:
        match site.origin:
            case Imported(statement, alias):
                yield _followed(place, site) or _of_module(statement, alias)
            case Assigned(value):
                yield _made_by(place, value)
            case ast.FunctionDef(decorator_list=above):
                yield from (_made_by(place, each) for each in above)
            case ast.ClassDef(bases=bases, decorator_list=above):
                yield from (_made_by(place, each) for each in (*bases, *above))
            case Otherwise():
                yield Origin.UNSEEN


def _made_by(place: Place, node: ast.expr) -> Place | Origin:
    """What the decorator of a function, the base of a class, or a value makes of it."""
    words = dotted(node)
    word = place.module.api_word(words) if words else ""
    return MAKERS.get(word, Origin.FUNCTION) if word else replace(place, words=words)


def _followed(place: Place, site: Site) -> Place | None:
    """The name in the file of the source roots that it is imported from."""
    module, words = place.module, place.words
    match site.origin:
        case Imported(ast.ImportFrom() as statement, alias) if not is_home_import(statement):
            inner = module.source_of(statement)
            beneath = inner.submodule(alias.name) if inner else None
            if beneath and len(words) > 1:
                return Place(beneath, words[1:])
            return Place(inner, (alias.name, *words[1:])) if inner else None
        case Imported(ast.Import(), alias):
            # `import a.b` binds `a`, `import a.b as c` what `a.b` is.
            beside = words[1:] if alias.asname else words[len(alias.name.split(".")) :]
            inner = module.module_named(alias.name)
            return Place(inner, beside) if inner and beside else None
        case _:
            return None


def _starred(place: Place) -> Place | None:
    """The name in a file that a star import takes it from."""
    for statement, _, _ in reversed(place.module.bindings.stars):
        inner = None if is_home_import(statement) else place.module.source_of(statement)
        if inner and inner.bindings.sites.get(place.words[0]):
            return Place(inner, place.words)
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


def _decorators_used(module: Module, node: ast.expr, inside: str) -> tuple[str, ...]:
    """The flow API's decorators that stand in an expression, or in what its names stand for."""
    found = set(_api_words(module, node))
    waiting = [Place(module, words, inside) for words in _names(node)]
    seen = set()
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        for site in place.sites:
            waiting += filter(None, [_followed(place, site)])
            if isinstance(site.origin, Assigned | ast.FunctionDef | ast.ClassDef):
                code = site.origin.value if isinstance(site.origin, Assigned) else site.origin
                found |= set(_api_words(place.module, code))
                waiting += [Place(place.module, words) for words in _names(code)]
        if not place.sites:
            waiting += filter(None, [_starred(place)])
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
        if word in MAKERS or (word[:1].islower() and word not in _NO_DECORATORS):
            yield word
