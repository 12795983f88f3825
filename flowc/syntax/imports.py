"""What a file's names mean: which of them come from flowc or Metaflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

_HOMES = ("flowc", "metaflow")


@dataclass(frozen=True, slots=True)
class Imports:
    """Local names of the flow API, by what they stand for.

    `names` maps a local name to the API's, `modules` holds local names of the module itself;
    with a star import every name stands for itself.
    """

    names: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    star: bool = False

    def meaning(self, node: cst.BaseExpression) -> str | None:
        """The API's name that an expression refers to, such as `step` for `mf.step`."""
        match node:
            case cst.Name(name):
                if name in self.names or not self.star or name in self.local:
                    return self.names.get(name)
                return name
            case cst.Attribute(cst.Name(module), cst.Name(name)) if module in self.modules:
                return name
            case _:
                return None


def read_imports(module: cst.Module) -> Imports:
    """The imports of a module's top level, those under `if` and `try` included."""
    found = Imports()
    star = False
    for statement in _top_statements(module.body):
        match statement:
            case cst.ImportFrom(module=home, names=names) if _dotted(home) in _HOMES:
                star |= isinstance(names, cst.ImportStar)
                for alias in () if isinstance(names, cst.ImportStar) else names:
                    found.names[alias.evaluated_alias or alias.evaluated_name] = (
                        alias.evaluated_name
                    )
            case cst.Import(names=names):
                for alias in names:
                    if alias.evaluated_name in _HOMES:
                        found.modules.add(alias.evaluated_alias or alias.evaluated_name)
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                found.local.add(name.value)
    return Imports(found.names, found.modules, found.local, star)


def _top_statements(body: object) -> Iterator[cst.CSTNode]:
    """The statements of a block, small ones singly, with those under `if` and `try`."""
    waiting: list[object] = [body]
    while waiting:
        match waiting.pop():
            case [*statements]:
                waiting.extend(reversed(statements))
            case cst.SimpleStatementLine(body=small) | cst.SimpleStatementSuite(body=small):
                waiting.extend(reversed(small))
            case cst.IndentedBlock(body=statements):
                waiting.extend(reversed(statements))
            case cst.If(body=block, orelse=orelse):
                waiting += [orelse, block]
            case cst.Else(body=block) | cst.ExceptHandler(body=block) | cst.Finally(body=block):
                waiting.append(block)
            case cst.Try(body=block, handlers=handlers, orelse=orelse, finalbody=final):
                waiting += [final, orelse, list(handlers), block]
            case cst.CSTNode() as node:
                yield node


def _dotted(node: cst.Attribute | cst.Name | None) -> str:
    return node.value if isinstance(node, cst.Name) else ""
