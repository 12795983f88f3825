"""The names of comprehensions and functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowc.syntax.static.builtins import items_of
from flowc.syntax.static.symbols import (
    Once,
    Scope,
    Static,
)
from flowc.syntax.static.uncertain import NotStaticError


@dataclass(frozen=True, slots=True)
class LocalScope:
    """The names of a comprehension or function."""

    names: Mapping[str, Static]
    parent: Scope

    def lookup(self, name: str) -> Static:
        return self.names[name] if name in self.names else self.parent.lookup(name)

    def enclosed(self) -> Scope:
        return self

    def attribute(self, owner: Static, node: ast.Attribute) -> Static:
        return self.parent.attribute(owner, node)

    def outermost(self) -> Scope:
        return self.parent.outermost()


def bound_arguments(
    parameters: ast.arguments,
    args: Sequence[Any],
    keywords: Mapping[str, Any],
    default: Callable[[ast.expr], Static],
) -> dict[str, Static]:
    """A function's parameters with what a call gives them."""
    names = [item.arg for item in (*parameters.posonlyargs, *parameters.args)]
    named = {*names[len(parameters.posonlyargs) :], *(item.arg for item in parameters.kwonlyargs)}
    if parameters.vararg or parameters.kwarg or len(args) > len(names):
        raise NotStaticError
    bound: dict[str, Static] = dict(zip(names, args, strict=False))
    if not keywords.keys() <= named or keywords.keys() & bound.keys():
        raise NotStaticError
    bound |= keywords
    late = names[len(names) - len(parameters.defaults) :]
    for name, node in zip(late, parameters.defaults, strict=True):
        if name not in bound:
            bound[name] = default(node)
    for item, given in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
        if item.arg not in bound and given is not None:
            bound[item.arg] = default(given)
    if len(bound) < len(names) + len(parameters.kwonlyargs):
        raise NotStaticError
    if any(isinstance(value, Once) for value in bound.values()):
        raise NotStaticError
    return bound


def unpacked(target: ast.expr, item: Any) -> dict[str, Any]:
    """The names of a target, with what an item gives them."""
    match target:
        case ast.Name(name):
            return {name: item}
        case ast.Tuple(targets) | ast.List(targets):
            parts = items_of(item)
            if len(parts) != len(targets):
                raise NotStaticError
            pairs = [unpacked(part, value) for part, value in zip(targets, parts, strict=True)]
            return {name: value for pair in pairs for name, value in pair.items()}
        case _:
            raise NotStaticError
