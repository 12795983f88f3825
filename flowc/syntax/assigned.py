"""Parameters that steps assign to, which fails when they run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Flow
from flowc.syntax import problems
from flowc.syntax.classes import PlacedClass
from flowc.syntax.project import File


def assigned_parameters(classes: Sequence[PlacedClass], flow: Flow) -> list[Diagnostic]:
    """A diagnostic for each assignment to a parameter in a step of the flow."""
    names = {parameter.attribute for parameter in flow.parameters}
    names |= {config.attribute for config in flow.configs}
    if not names:
        return []
    found = [each for placed in classes for each in _assigned(placed, names, flow)]
    return list(dict.fromkeys(found))


def _assigned(placed: PlacedClass, names: set[str], flow: Flow) -> Iterator[Diagnostic]:
    text = placed.file.source.text
    if not _may_assign(names).search(text, placed.start, placed.end):
        return
    path = placed.file.source.path
    here = {step.span.line: step for step in flow.steps.values() if step.span.path == path}
    for function in _methods(placed):
        step = here.get(function.lineno)
        if step and step.name == function.name and function.args.args:
            for node in _stores(function, function.args.args[0].arg, names):
                yield problems.assigned_parameter(_span(placed.file, node), step.name, node.attr)


def _may_assign(names: set[str]) -> re.Pattern[str]:
    """What stands somewhere in a text that assigns to one of the names; most texts have none."""
    attribute = rf"\.\s*(?:{'|'.join(sorted(names))})\b"
    operator = r"(?:[-+*/%@&|^]|//|\*\*|<<|>>)?"
    # Bounded, so that a text of any length takes time in proportion to it.
    return re.compile(
        rf"{attribute}[\])\s]*(?:{operator}=(?!=)|:|,[^=]{{0,200}}=)"
        rf"|\b(?:for|as|del)\b[^:]{{0,200}}{attribute}"
    )


def _methods(placed: PlacedClass) -> Iterator[ast.FunctionDef]:
    tree = placed.file.syntax
    for definition in tree.body if tree else ():
        if isinstance(definition, ast.ClassDef) and definition.name == placed.name:
            yield from (item for item in definition.body if isinstance(item, ast.FunctionDef))


def _stores(function: ast.FunctionDef, owner: str, names: set[str]) -> Iterator[ast.Attribute]:
    """Where the method changes one of the names of its own `owner`, in order.

    Inner functions with an argument of that name, as methods of inner classes are, have another.
    """
    waiting: list[ast.AST] = list(reversed(function.body))
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() if _takes(node, owner):
                continue
            case ast.Attribute(ast.Name(name), attr, ast.Store() | ast.Del()):
                if name == owner and attr in names:
                    yield node
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def _takes(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> bool:
    given = function.args
    return any(each.arg == name for each in (*given.posonlyargs, *given.args, *given.kwonlyargs))


def _span(file: File, node: ast.Attribute) -> Span:
    """The span of an attribute; Python counts columns in bytes."""
    lines = file.source.text.split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1

    last, stop = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    start = column(node.lineno, node.col_offset)
    return Span(file.source.path, node.lineno, start, last, column(last, stop))
