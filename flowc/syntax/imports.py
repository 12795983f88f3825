"""What a file's names mean: which of them come from flowc or Metaflow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import libcst as cst

_HOMES = ("flowc", "metaflow")


@dataclass(frozen=True, slots=True)
class Imports:
    """Local names of the flow API, by what they stand for.

    `names` maps a local name to the API's, `modules` holds local names of the module itself,
    `local` those that mean something else; with a star import every other name stands for itself.
    `others` says that there are star imports from elsewhere.
    """

    names: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=set)
    star: bool = False
    others: bool = False

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

    def is_foreign(self, node: cst.BaseExpression) -> bool:
        """Whether an expression may refer to something that is not the API's, nor a builtin."""
        return root_name(node) in self.local or (self.others and self.meaning(node) is None)


def read_imports(module: cst.Module) -> Imports:
    """The imports of a module's top level, those under `if` and `try` included."""
    found = Imports()
    star = others = False
    certain = set(map(id, _unconditional(module)))
    for statement in _top_statements(module.body):
        match statement:
            case cst.ImportFrom(names=cst.ImportStar()):
                star |= _is_home(statement)
                others |= not _is_home(statement)
            case cst.ImportFrom(names=[*aliases]):
                for alias in aliases:
                    _import_name(found, alias, home=_is_home(statement))
            case cst.Import(names=aliases):
                for alias in aliases:
                    _import_module(found, alias)
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                _define(found, name.value, certain=id(statement) in certain)
            case cst.Assign():
                _assign(found, statement, certain=id(statement) in certain)
    return replace(found, star=star, others=others)


def _unconditional(module: cst.Module) -> Iterator[cst.CSTNode]:
    for statement in module.body:
        yield from statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]


def _is_home(statement: cst.ImportFrom) -> bool:
    return not statement.relative and root_name(statement.module) in _HOMES


def _import_name(found: Imports, alias: cst.ImportAlias, *, home: bool) -> None:
    name = alias.evaluated_alias or alias.evaluated_name
    if home:
        found.names[name] = alias.evaluated_name
    else:
        found.local.add(name)


def _define(found: Imports, name: str, *, certain: bool) -> None:
    found.local.add(name)
    if certain:
        found.names.pop(name, None)


def _assign(found: Imports, statement: cst.Assign, *, certain: bool) -> None:
    meaning = found.meaning(statement.value)
    for name in _targets(statement.targets):
        _define(found, name, certain=certain)
        if meaning:
            found.names[name] = meaning


def _targets(targets: Sequence[cst.AssignTarget]) -> Iterator[str]:
    waiting: list[cst.CSTNode] = [item.target for item in targets]
    while waiting:
        match waiting.pop():
            case cst.Name(name):
                yield name
            case cst.Tuple(elements) | cst.List(elements):
                waiting.extend(element.value for element in elements)


def _import_module(found: Imports, alias: cst.ImportAlias) -> None:
    root = alias.evaluated_name.partition(".")[0]
    names = found.modules if root in _HOMES else found.local
    names.add(alias.evaluated_alias or root)


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


def root_name(node: cst.CSTNode | None) -> str:
    """The first word of a dotted name, or an empty one."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""
