"""Decorators of flows and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator, Unknown, Value
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

    One that stands for several of the flow API gives each of them. One that comes from elsewhere
    has an empty name.
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
    """The names of the flow API that a decorator stands for, outermost first."""
    called = _called(node.decorator)
    if meaning := names.meaning(called):
        return (meaning,)
    if not names.imports.is_foreign(called):
        return ()
    found = names.decorators(node.decorator, Span(""))
    return tuple(each.name for each in found or ())


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _read(
    source: Source, node: cst.Decorator, span: Span, stretch: tuple[int, int], names: Names
) -> Iterator[Decorator]:
    expression = node.decorator
    called = _called(expression)
    meaning = names.meaning(called)
    if meaning is None and names.imports.is_foreign(called):
        found = names.decorators(expression, span)
        yield from found or [Decorator("", {}, span, own=code(called))]
        return
    name = meaning or _last_word(called)
    if not isinstance(expression, cst.Call):
        yield Decorator(name, {}, span)
        return

    def span_of(arg: cst.Arg) -> Span:
        place = arg.keyword and find_keyword(source.text, arg.keyword.value, *stretch)
        return source.span(*place) if place else span

    spans = [span_of(arg) for arg in expression.args]
    given = [
        _given(name, arg, place, names) for arg, place in zip(expression.args, spans, strict=True)
    ]
    keywords = {word: value for entries, _ in given for word, value in entries.items()}
    positional = tuple(value for _, values in given for value in values)
    places = {
        arg.keyword.value: place
        for arg, place in zip(expression.args, spans, strict=True)
        if arg.keyword
    }
    yield Decorator(name, keywords, span, positional, places=places)


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
            case _:
                return {}, (Unknown(span, arg.star + code(arg.value)),)
    return ({word: value}, ()) if word else ({}, (value,))


def _last_word(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(word) | cst.Attribute(attr=cst.Name(word)):
            return word
        case _:
            return ""
