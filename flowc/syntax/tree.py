"""A file's trees: of its top, and of the statements in its classes, each made when it is needed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeAlias

import libcst as cst

from flowc.diagnostics import Diagnostic
from flowc.syntax.outline import Outline, Part, read_outline
from flowc.syntax.source import Source, parse_alone, parse_tree

Statement: TypeAlias = cst.BaseStatement | cst.BaseSmallStatement


class UnparsableError(Exception):
    """libcst cannot parse what is needed of a file; never leaves `flowc.syntax`."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__()
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class Member:
    """A statement in a class, of a function what `Outline` leaves."""

    node: Statement
    _whole: Callable[[], Statement]

    def function(self) -> cst.FunctionDef:
        """The function that the statement is, with all that it holds."""
        whole = self._whole()
        assert isinstance(whole, cst.FunctionDef)
        return whole


class Tree:
    """A file's trees, made from the parts of its outline.

    Where there is none, or a part cannot be parsed by itself, they are those of the whole file.
    """

    def __init__(self, source: Source, syntax: ast.Module | None) -> None:
        self._source = source
        self._syntax = syntax

    @cached_property
    def _outlined(self) -> tuple[cst.Module, Outline] | None:
        outline = read_outline(self._source, self._syntax) if self._syntax else None
        top = parse_alone(outline.top) if outline else None
        same = top and outline and len(_classes(top)) == len(outline.bodies)
        return (top, outline) if top and outline and same else None

    @cached_property
    def _whole(self) -> tuple[cst.Module | None, list[Diagnostic]]:
        return parse_tree(self._source)

    @property
    def top(self) -> cst.Module | None:
        """The statements at the top, of functions and classes what `Outline` leaves."""
        return self._outlined[0] if self._outlined else self._whole[0]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What keeps the top from being there."""
        return [] if self._outlined else self._whole[1]

    @property
    def classes(self) -> list[cst.ClassDef]:
        """The classes at the top, in order."""
        return _classes(self.top)

    def members(self, place: int) -> Iterator[Member]:
        """The statements in a class, which has this place among the classes."""
        count = 0
        for part in self._parts(place):
            nodes = _statements(part.text)
            if not nodes:
                break
            methods = iter(part.methods)
            for node in nodes:
                decorated = isinstance(node, cst.FunctionDef) and node.decorators
                text = next(methods, "") if decorated else ""
                yield Member(node, partial(self._all_of, text, place, count))
                count += 1
        else:
            if count:
                return
        for node in self._body(place)[count:]:
            yield Member(node, partial(_same, node))

    def _parts(self, place: int) -> tuple[Part, ...]:
        return self._outlined[1].bodies[place] if self._outlined else ()

    def _all_of(self, text: str, place: int, count: int) -> Statement:
        found = _statements(text) if text else ()
        return found[0] if found else self._body(place)[count]

    def _body(self, place: int) -> Sequence[Statement]:
        """The statements in a class with all that they hold."""
        if self._outlined and not self._parts(place):
            return self.classes[place].body.body
        tree, diagnostics = self._whole
        if tree is None:
            raise UnparsableError(diagnostics)
        return _classes(tree)[place].body.body


def _same(node: Statement) -> Statement:
    return node


def _classes(tree: cst.Module | None) -> list[cst.ClassDef]:
    return [node for node in tree.body if isinstance(node, cst.ClassDef)] if tree else []


def _statements(text: str) -> Sequence[Statement]:
    """The statements of a part of a class; none if it cannot be parsed by itself."""
    tree = parse_alone(f"class _:\n{text}")
    return _classes(tree)[0].body.body if tree else ()
