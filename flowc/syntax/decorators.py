"""Decorators of flows and steps."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Origin, Unknown, Value, api_origin
from flowc.ir.known_decorators import CORE
from flowc.syntax.imports import root_name
from flowc.syntax.layout import Anchor, find_keyword
from flowc.syntax.literals import code
from flowc.syntax.names import Names
from flowc.syntax.source import Source


def read_decorators(
    source: Source,
    nodes: Sequence[cst.Decorator],
    anchors: Sequence[Anchor],
    end: int,
    names: Names,
) -> tuple[Decorator, ...]:
    """The decorators, outermost first; `anchors` are their places, `end` is where they end.

    One that stands for several that Metaflow knows gives each of them.
    """
    if len(anchors) != len(nodes):
        # An odd layout, such as a decorator behind a line continuation: all stand at the end.
        here = source.span(end, end + 1)
        return tuple(
            each for node in nodes for each in _read(source, node, here, (end, end), names)
        )
    ends = [*(anchor.start for anchor in anchors), end][1:]
    return tuple(
        each
        for node, anchor, stop in zip(nodes, anchors, ends, strict=True)
        for each in _read(
            source, node, source.span(anchor.start, anchor.end), (anchor.end, stop), names
        )
    )


def api_names(node: cst.Decorator, names: Names) -> tuple[str, ...]:
    """The names of Metaflow's own that a decorator stands for, outermost first."""
    called = _called(node.decorator)
    if meaning := _meaning(called, names):
        return (meaning,)
    if not _may_be_held(called, names):
        return ()
    found = names.decorators(node.decorator, Span(""))
    return tuple(each.core for each in found or ())


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _meaning(called: cst.BaseExpression, names: Names) -> str | None:
    """The flow API's name, unless another module's star import may have bound it as well."""
    meaning = names.meaning(called)
    imports = names.imports
    starred = isinstance(called, cst.Name) and called.value not in imports.names
    unsure = starred and imports.others and meaning not in CORE
    return None if unsure else meaning


def _may_be_held(called: cst.BaseExpression, names: Names) -> bool:
    """Whether a name that is not the flow API's may stand for some of it."""
    if names.imports.others or names.imports.is_foreign(called):
        return True
    return bool(names.class_name) and not hasattr(builtins, root_name(called))


def _read(
    source: Source, node: cst.Decorator, span: Span, stretch: tuple[int, int], names: Names
) -> Iterator[Decorator]:
    called = _called(node.decorator)
    meaning = _meaning(called, names)
    held = meaning is None and _may_be_held(called, names)
    own = names.own_origin(called) if held else None
    if held and own is None and (found := names.decorators(node.decorator, span)):
        yield from filter(_is_untold, found)
        return
    name = meaning or _last_word(called)
    origin, hides = _origin(called, meaning, own, names)
    args = node.decorator.args if isinstance(node.decorator, cst.Call) else ()
    places = [_place(source, arg, span, stretch) for arg in args]
    given = [
        _given(meaning or "", arg, place, names) for arg, place in zip(args, places, strict=True)
    ]
    decorator = Decorator(
        name,
        {word: value for entries, _ in given for word, value in entries.items()},
        span,
        tuple(value for _, values in given for value in values),
        origin,
        hides,
        {arg.keyword.value: it for arg, it in zip(args, places, strict=True) if arg.keyword},
    )
    if _is_untold(decorator):
        yield decorator


def _place(source: Source, arg: cst.Arg, span: Span, stretch: tuple[int, int]) -> Span:
    """Where an argument stands that has a name; other arguments stand at `span`."""
    place = arg.keyword and find_keyword(source.text, arg.keyword.value, *stretch)
    return source.span(*place) if place else span


def _is_untold(decorator: Decorator) -> bool:
    """Whether there is no finding on its arguments, so that they are worth looking at."""
    given = (*decorator.positional, *decorator.arguments.values())
    return not any(isinstance(value, Unknown) and value.told for value in given)


def _origin(
    called: cst.BaseExpression, meaning: str | None, own: Origin | None, names: Names
) -> tuple[Origin, tuple[str, ...]]:
    """What one decorator is, and which of Metaflow's its code uses."""
    word = meaning or root_name(called)
    if hasattr(builtins, word) and word not in {*names.imports.names, *names.imports.local}:
        return Origin.FUNCTION, ()
    if own or meaning:
        return own or api_origin(word), ()
    return names.provenance(called)


def _given(
    decorator: str, arg: cst.Arg, span: Span, names: Names
) -> tuple[dict[str, Value], tuple[Value, ...]]:
    """What an argument gives by name, and by position."""
    word = arg.keyword.value if arg.keyword else ""
    value = names.argument(decorator, word, arg.value, span)
    if arg.star:
        match arg.star, value:
            case "**", Mapping():
                return dict(value), ()
            case _, Unknown(told=True):
                return {}, (value,)
            case _:
                return {}, (Unknown(span, arg.star + code(arg.value)),)
    return ({word: value}, ()) if word else ({}, (value,))


def _last_word(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(word) | cst.Attribute(attr=cst.Name(word)):
            return word
        case _:
            return code(node)
