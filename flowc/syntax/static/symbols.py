"""What an expression can be, besides one of Python's plain values, before a flow runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from flowc.ir.flow import Origin

if TYPE_CHECKING:
    from flowc.syntax.static.module import Module


class NotStaticError(Exception):
    """Only running would tell; never leaves `flowc.syntax`."""


class Scope(Protocol):
    """What names mean at a place."""

    def lookup(self, name: str) -> Static:
        """What a name stands for; raises `NotStaticError` where that is not certain."""

    def enclosed(self) -> Scope:
        """The scope as functions and comprehensions inside of it see it."""

    def attribute(self, owner: Static, node: ast.Attribute) -> Static:
        """What an attribute of a module or class stands for."""


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
    """An argument that only running would tell, as it stands in the source."""

    text: str


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
