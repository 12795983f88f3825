"""What a file takes from flowc or Metaflow, wherever in it an import stands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from flowc.diagnostics import Span
from flowc.ir.flow import Import
from flowc.syntax.source import Source

_MENTIONED = re.compile(r"^\s*(?:from|import)\b.*\b(?:flowc|metaflow)\b", re.MULTILINE)
_HOMES = ("flowc", "metaflow")
_FORGIVEN = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def read_api_imports(source: Source, syntax: ast.Module | None) -> tuple[Import, ...]:
    """The names in order; those that only a type checker sees, or that may be missing, are not."""
    if syntax is None or not _MENTIONED.search(source.text):
        return ()
    lines = source.text.split("\n")
    modules: dict[str, str] = {}
    found: list[Import] = []
    for node in _statements(syntax.body):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0) if _is_home(module):
                found += [_import(source, lines, f"{module}.{each.name}", each) for each in names]
            case ast.Import(names=names):
                for each in filter(lambda each: _is_home(each.name), names):
                    found.append(_import(source, lines, each.name, each))
                    home = each.name.partition(".")[0]
                    modules[each.asname or home] = each.name if each.asname else home
    told = {each.name for each in found}
    used = _used(source, lines, syntax, modules) if modules else ()
    return (*found, *(each for each in used if not _is_beginning(each.name, told)))


def _is_beginning(name: str, of: set[str]) -> bool:
    """Whether a name is a module of one that is imported by its whole name."""
    return any(each == name or each.startswith(f"{name}.") for each in of)


def _is_home(module: str) -> bool:
    return module.partition(".")[0] in _HOMES


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that may run, with those inside of others, but no expressions."""
    waiting = list(reversed(body))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(_inner(node))))


def _inner(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.If(test, body, orelse):
            yield from () if _is_for_checkers(test) else body
            yield from orelse
        case ast.Try(body, handlers, orelse, finalbody):
            yield from () if any(map(_forgives, handlers)) else body
            yield from (each for handler in handlers for each in handler.body)
            yield from (*orelse, *finalbody)
        case ast.Match(cases=cases):
            yield from (each for case in cases for each in case.body)
        case _:
            yield from getattr(node, "body", ())
            yield from getattr(node, "orelse", ())


def _is_for_checkers(test: ast.expr) -> bool:
    return isinstance(test, ast.Name | ast.Attribute) and _last(test) == "TYPE_CHECKING"


def _forgives(handler: ast.ExceptHandler) -> bool:
    """Whether a missing import is expected there."""
    match handler.type:
        case None:
            return True
        case ast.Tuple(elements):
            return any(_last(each) in _FORGIVEN for each in elements)
        case node:
            return _last(node) in _FORGIVEN


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _used(
    source: Source, lines: list[str], syntax: ast.Module, modules: dict[str, str]
) -> Iterator[Import]:
    """What is read from the modules themselves, as in `metaflow.S3`, once each."""
    seen: set[str] = set()
    for node in ast.walk(syntax):
        match node:
            case ast.Attribute(ast.Name(module), name) if module in modules and name not in seen:
                seen.add(name)
                yield _import(source, lines, f"{modules[module]}.{name}", node)


def _import(source: Source, lines: list[str], name: str, node: ast.alias | ast.Attribute) -> Import:
    # Python counts columns in bytes.
    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode(errors="ignore")) + 1

    last = node.end_lineno or node.lineno
    start = column(node.lineno, node.col_offset)
    stop = column(last, node.end_col_offset or node.col_offset)
    return Import(name, Span(source.path, node.lineno, start, last, stop))
