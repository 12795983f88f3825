"""Functions and classes of the user's that Metaflow knows as decorators."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from flowc.ir.flow import Origin
from flowc.syntax.static.symbols import (
    ApiName,
    Applied,
    ClassRef,
    Function,
    Marker,
    Scope,
    Static,
)
from flowc.syntax.static.uncertain import NotStaticError

Evaluate: TypeAlias = Callable[[ast.expr, Scope], Static]

_MAKER = "user_step_decorator"
# What derives from several of them is what comes first.
MAKERS = {
    "FlowMutator": Origin.FLOW_MUTATOR,
    "StepMutator": Origin.STEP_MUTATOR,
    "UserStepDecorator": Origin.USER_STEP_DECORATOR,
    _MAKER: Origin.USER_STEP_DECORATOR,
}


def marker_of(found: Static, evaluate: Evaluate) -> Marker | None:
    """The marker that a function or class is, if it is one for certain."""
    match found:
        case Function(node, scope):
            made = any(_is_maker(each, scope, evaluate) for each in node.decorator_list)
            return Marker(node.name, Origin.USER_STEP_DECORATOR) if made else None
        case ClassRef():
            bases = set(_api_bases(found, evaluate, set()))
            first = next((base for base in MAKERS if base in bases), "")
            return Marker(found.name, MAKERS[first]) if first else None
        case _:
            return None


def _is_maker(decorator: ast.expr, scope: Scope, evaluate: Evaluate) -> bool:
    try:
        found = evaluate(decorator, scope)
    except NotStaticError:
        return False
    return isinstance(found, ApiName | Applied) and found.name == _MAKER


def _api_bases(found: ClassRef, evaluate: Evaluate, seen: set[int]) -> Iterator[str]:
    """The names of the flow API's classes that a class derives from."""
    if id(found.node) in seen:
        return
    seen.add(id(found.node))
    for node in found.node.bases:
        try:
            base = evaluate(node, found.module)
        except NotStaticError:
            continue
        if isinstance(base, ApiName):
            yield base.name
        elif isinstance(base, ClassRef):
            yield from _api_bases(base, evaluate, seen)
