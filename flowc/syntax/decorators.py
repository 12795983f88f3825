"""Decorators of flows and steps."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Decorator
from flowc.syntax.imports import Imports, root_name
from flowc.syntax.layout import Anchor, find_keyword
from flowc.syntax.literals import arguments
from flowc.syntax.source import Source


def read_decorators(
    source: Source,
    nodes: Sequence[cst.Decorator],
    anchors: Sequence[Anchor],
    end: int,
    imports: Imports,
) -> tuple[Decorator, ...]:
    """The decorators, outermost first; `anchors` are their places, `end` is where they end.

    One that comes from elsewhere than the flow API has an empty name.
    """
    if len(anchors) != len(nodes):
        # An odd layout, such as a decorator behind a line continuation: all stand at the end.
        here = source.span(end, end + 1)
        return tuple(_decorator(source, node, here, (end, end), imports) for node in nodes)
    ends = [*(anchor.start for anchor in anchors), end][1:]
    return tuple(
        _decorator(source, node, source.span(anchor.start, anchor.end), (anchor.end, stop), imports)
        for node, anchor, stop in zip(nodes, anchors, ends, strict=True)
    )


def _decorator(
    source: Source, node: cst.Decorator, span: Span, stretch: tuple[int, int], imports: Imports
) -> Decorator:
    expression = node.decorator
    if not isinstance(expression, cst.Call):
        return Decorator(_name(expression, imports), {}, span)

    def span_of(arg: cst.Arg) -> Span:
        place = arg.keyword and find_keyword(source.text, arg.keyword.value, *stretch)
        return source.span(*place) if place else span

    positional, keywords = arguments(expression, span_of)
    return Decorator(_name(expression.func, imports), keywords, span, positional)


def _name(node: cst.BaseExpression, imports: Imports) -> str:
    meaning = imports.meaning(node)
    if meaning or root_name(node) in imports.local:
        return meaning or ""
    match node:
        case cst.Name(word) | cst.Attribute(attr=cst.Name(word)):
            return word
        case _:
            return ""
