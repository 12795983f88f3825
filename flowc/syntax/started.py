"""Flows that a file starts, or could start, although their classes stand in other files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from flowc.syntax.ancestry import Ancestry, Genealogy
from flowc.syntax.imports import root_name
from flowc.syntax.names import Names
from flowc.syntax.project import File
from flowc.syntax.static.uncertain import NotStaticError


def started_classes(module: cst.Module) -> list[cst.BaseExpression]:
    """What the file's last lines call: `TrainFlow` of `TrainFlow()`."""
    lines: list[cst.CSTNode] = []
    for line in module.body:
        if not isinstance(line, cst.If):
            lines.append(line)
        elif isinstance(line.body, cst.SimpleStatementSuite):
            lines.append(line.body)
        else:
            lines += line.body.body
    return [call.func for line in lines for call in _bare_calls(line)]


def _bare_calls(line: cst.CSTNode) -> Iterator[cst.Call]:
    match line:
        case cst.SimpleStatementLine(body=items) | cst.SimpleStatementSuite(body=items):
            for item in items:
                if isinstance(item, cst.Expr) and isinstance(item.value, cst.Call):
                    yield item.value


def imported_flows(
    genealogy: Genealogy, main: File, nodes: Sequence[cst.BaseExpression]
) -> list[Ancestry]:
    """The ancestries of those expressions that are classes of other files, each once."""
    own = _own_names(main.tree.top) if main.tree.top else set()
    found: dict[tuple[str, str], Ancestry] = {}
    for node in nodes:
        if root_name(node) in own or not main.imports.is_foreign(node):
            continue
        try:
            meant = Names(main).class_of(node)
            if not isinstance(meant, str):
                found[meant.module.name, meant.name] = genealogy.ancestry(genealogy.find(meant))
        except NotStaticError:
            continue
    return list(found.values())


def _own_names(module: cst.Module) -> set[str]:
    return {
        statement.name.value
        for statement in module.body
        if isinstance(statement, cst.FunctionDef | cst.ClassDef)
    }


def imported_names(module: cst.Module) -> list[cst.BaseExpression]:
    """The names that the file's top level takes from other modules."""
    return [
        cst.Name(alias.evaluated_alias or alias.evaluated_name)
        for line in module.body
        if isinstance(line, cst.SimpleStatementLine)
        for statement in line.body
        if isinstance(statement, cst.ImportFrom) and not isinstance(statement.names, cst.ImportStar)
        for alias in statement.names
    ]
