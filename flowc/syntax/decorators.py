"""Decorators of flows and steps."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator
from flowc.syntax.layout import Anchor, find_word
from flowc.syntax.literals import arguments
from flowc.syntax.source import Source


def read_decorators(
    source: Source, nodes: Sequence[cst.Decorator], anchors: Sequence[Anchor], end: int
) -> tuple[Decorator, ...]:
    """The decorators, outermost first; `anchors` are their places, `end` is where they end."""
    if len(anchors) != len(nodes):
        # An odd layout, such as a decorator behind a line continuation: all stand at the end.
        here = source.span(end, end + 1)
        return tuple(_decorator(source, node, here, end, end) for node in nodes)
    ends = [*(anchor.start for anchor in anchors), end][1:]
    return tuple(
        _decorator(source, node, source.span(anchor.start, anchor.end), anchor.end, stop)
        for node, anchor, stop in zip(nodes, anchors, ends, strict=True)
    )


def _decorator(source: Source, node: cst.Decorator, span: Span, start: int, end: int) -> Decorator:
    expression = node.decorator
    if not isinstance(expression, cst.Call):
        return Decorator(_last_word(expression), {}, span)

    def span_of(arg: cst.Arg) -> Span:
        word = arg.keyword.value if arg.keyword else ""
        place = find_word(source.text, word, start, end) if word else None
        return span if place is None else source.span(place, place + len(word))

    positional, keywords = arguments(expression, span_of)
    return Decorator(_last_word(expression.func), keywords, span, positional)


def _last_word(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(word) | cst.Attribute(attr=cst.Name(word)):
            return word
        case _:
            return ""
