"""What an expression can be, besides one of Python's plain values, before a flow runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from flowc.ir.flow import Origin
from flowc.syntax.static.uncertain import NotStaticError

if TYPE_CHECKING:
    from flowc.syntax.static.module import Module


class Scope(Protocol):
    """What names mean at a place."""

    def lookup(self, name: str) -> Static:
        """What a name stands for; raises `NotStaticError` where that is not certain."""

    def enclosed(self) -> Scope:
        """The scope as functions and comprehensions inside of it see it."""

    def attribute(self, owner: Static, node: ast.Attribute) -> Static:
        """What an attribute of a module or class stands for."""

    def outermost(self) -> Scope:
        """The scope of the module around."""


@dataclass(frozen=True, slots=True)
class ApiModule:
    """The module `flowc` or `metaflow`."""


@dataclass(frozen=True, slots=True)
class ApiName:
    """Something of the flow API, such as `retry`."""

    name: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A decorator of the user's own that Metaflow knows, such as a mutator."""

    name: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ModuleRef:
    """A module of the source roots."""

    module: Module


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class at the top of a module."""

    module: Module
    node: ast.ClassDef

    @property
    def name(self) -> str:
        return self.node.name


@dataclass(frozen=True, slots=True)
class Builtin:
    """A builtin function or type."""

    name: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that only running would tell, as it stands in the source."""

    text: str


# What Metaflow's class `Config` has besides `name`, and so does not look for in the configuration.
_OF_CONFIG = frozenset(
    {"init", "is_string_type", "kwargs", "load_parameter", "option_kwargs", "parser"}
)


class Delayed:
    """An expression over the flow's configurations, which has a value once those are read.

    `text` is its source, `access` the attributes that are taken of what it gives, `scope` what its
    other names mean; `declared` says that it is a `Config` itself. It can be handed on, but not
    looked at: Metaflow knows no more of it either.
    """

    __slots__ = ("access", "declared", "scope", "text")

    def __init__(
        self,
        text: str,
        scope: Scope,
        access: tuple[Static, ...] = (),
        *,
        declared: bool = False,
    ) -> None:
        self.text = text
        self.scope = scope
        self.access = access
        self.declared = declared

    def attribute(self, name: str) -> Static:
        """An attribute of it; those that `Config` has itself hide what it holds."""
        if self.declared and name == "name":
            return self.text
        if self.declared and name in _OF_CONFIG:
            raise NotStaticError
        return self.at(name)

    def at(self, key: Static) -> Delayed:
        """An attribute or entry of it."""
        if not isinstance(key, str | Delayed) or not self.text.isidentifier():
            raise NotStaticError
        return Delayed(self.text, self.scope, (*self.access, key))

    def _unseen(self, *_: object) -> Any:
        raise NotStaticError

    __bool__ = __contains__ = __eq__ = __format__ = __hash__ = __repr__ = __str__ = _unseen


class Settings(dict[str, Any]):
    """A dictionary of a configuration, whose entries are attributes as well."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A decorator that Metaflow knows with its arguments: `retry(times=3)`."""

    name: str
    origin: Origin
    positional: tuple[Static, ...] = ()
    keywords: Mapping[str, Static] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decorated:
    """The step or flow that decorators stand above, with those given so far, outermost first."""

    decorators: tuple[Applied, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the user's, where it stands."""

    node: ast.FunctionDef
    scope: Scope


@dataclass(frozen=True, slots=True)
class Once:
    """What can be iterated over a single time, such as `zip(…)`."""

    items: tuple[Any, ...]


# One of the symbols, or a plain value of Python's own types.
Static: TypeAlias = Any
