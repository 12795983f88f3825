"""Which names of a file may lead some code to a list, set or dictionary, to change it.

Such a value is as it was written only if all that the file does with it is to look at it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from flowc.syntax.static.bindings import Assigned, Bindings, is_step
from flowc.syntax.static.operations import METHODS

# What they give back holds nothing of their arguments that could be changed.
_ASKING = frozenset(
    {
        *(
            "abs",
            "all",
            "any",
            "bool",
            "float",
            "int",
            "isinstance",
            "len",
            "print",
            "range",
            "repr",
        ),
        *("round", "str", "sum"),
    }
)
# What they give back may hold what their arguments hold.
_PASSING = frozenset(
    {
        *("dict", "enumerate", "frozenset", "list", "max", "min", "reversed", "set", "sorted"),
        *("tuple", "zip"),
    }
)
_PLAIN = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Set, ast.Dict),
    *(ast.ListComp, ast.SetComp, ast.DictComp),
)
# Stands for names that other code may give to a value.
_ANYONE = ""
_LOOKING = frozenset().union(*METHODS.values())


def shared_names(
    tree: ast.Module, bindings: Bindings, is_api: Callable[[ast.expr], bool]
) -> frozenset[str]:
    """The names, also of attributes; `is_api` tells which functions only look."""
    reader = _Reader(bindings, is_api)
    reader.visit(tree.body)
    return reader.closed()


@dataclass(slots=True)
class _Reader:
    bindings: Bindings
    is_api: Callable[[ast.expr], bool]
    shared: set[str] = field(default_factory=lambda: {_ANYONE})
    aliases: dict[str, set[str]] = field(default_factory=dict)

    def closed(self) -> frozenset[str]:
        """All names that lead to what a shared name leads to."""
        waiting = list(self.shared)
        while waiting:
            new = self.aliases.get(waiting.pop(), set()) - self.shared
            self.shared |= new
            waiting += new
        return frozenset(self.shared)

    def visit(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self._statement(node)

    def _statement(self, node: ast.AST) -> None:  # noqa: C901 (a flat table of statements)
        match node:
            case ast.Expr(value) | ast.Assert(test=value):
                self._use(value, None)
            case ast.Assign(targets, value):
                for target in targets:
                    self._flow(target, value)
            case ast.AnnAssign(target, _, ast.expr() as value):
                self._flow(target, value)
            case ast.For(target, items, body, orelse):
                self._flow(target, items)
                self.visit([*body, *orelse])
            case ast.AugAssign(target, _, value):
                self._share(target)
                self._share(value)
            case ast.If(test, body, orelse) | ast.While(test, body, orelse):
                self._use(test, None)
                self.visit([*body, *orelse])
            case ast.FunctionDef() | ast.ClassDef():
                self._definition(node)
            case ast.Return(ast.expr() as value):
                self._use(value, _ANYONE)
            case ast.expr():
                self._share(node)
            case _:
                self.visit(ast.iter_child_nodes(node))

    def _definition(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._use(decorator, None)
        if isinstance(node, ast.FunctionDef):
            self.visit(ast.iter_child_nodes(node.args))
        else:
            self.visit([*node.bases, *node.keywords])
        if not is_step(node):
            self.visit(node.body)

    def _flow(self, target: ast.expr, value: ast.expr) -> None:
        """A value gets a new name, or a place where anyone can reach it."""
        match target:
            case ast.Name(name):
                self._use(value, name)
            case ast.Tuple(parts) | ast.List(parts):
                for part in parts:
                    self._flow(part, value)
            case ast.Starred(part):
                self._flow(part, value)
            case _:
                self._share(target)
                self._share(value)

    def _share(self, node: ast.expr) -> None:
        """Some code may get hold of what any name in the expression leads to."""
        for inner in ast.walk(node):
            match inner:
                case ast.Name(name) | ast.Attribute(attr=name):
                    self.shared.add(name)

    def _use(self, node: ast.expr, name: str | None) -> None:  # noqa: C901 (a flat table)
        """The expression's value gets a name, or is looked at and forgotten."""
        match node:
            case ast.Name(used):
                self._alias(name, used)
            case ast.Constant():
                pass
            case ast.Attribute(owner, used):
                self._alias(name, used)
                self._use(owner, name)
            case ast.Subscript(owner, index):
                self._use(owner, name)
                self._share(index)
            case ast.BinOp(left, _, right):
                self._operands([left, right], name)
            case ast.Compare(left, _, rest):
                self._operands([left, *rest], None)
            case ast.JoinedStr() | ast.FormattedValue() | ast.UnaryOp(ast.Not()):
                self._each(node, None)
            case ast.Starred() | ast.BoolOp() | ast.IfExp():
                self._each(node, name)
            case ast.UnaryOp() | ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                self._each(node, name)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node, name)
            case ast.Call():
                self._call(node, name)
            case _:
                self._share(node)

    def _operands(self, operands: Sequence[ast.expr], name: str | None) -> None:
        """An operator of a user's own type gets hold of the other operand."""
        foreign = [operand for operand in operands if not self._is_plain(operand)]
        for operand in operands:
            if foreign in ([], [operand]):
                self._use(operand, name)
            else:
                self._share(operand)

    def _alias(self, name: str | None, used: str) -> None:
        if name is not None:
            self.aliases.setdefault(name, set()).add(used)

    def _is_builtin(self, name: str) -> bool:
        return name not in self.bindings.sites and not self.bindings.is_stored(name)

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether it is of Python's own types, whose operators only look at each other."""
        match node:
            case ast.Name(name):
                origins = [site.origin for site in self.bindings.sites.get(name, [])]
                return bool(origins) and all(
                    isinstance(origin, Assigned)
                    and not origin.path
                    and isinstance(origin.value, _PLAIN)
                    for origin in origins
                )
            case ast.BinOp(left, _, right):
                return self._is_plain(left) and self._is_plain(right)
            case _:
                return isinstance(node, _PLAIN)

    def _each(self, node: ast.AST, name: str | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._use(child, name)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, name: str | None
    ) -> None:
        for generator in node.generators:
            self._flow(generator.target, generator.iter)
            for test in generator.ifs:
                self._use(test, None)
        self._each(node, name)

    def _call(self, node: ast.Call, name: str | None) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        match node.func:
            case ast.Attribute(ast.Constant()):
                pass
            case ast.Attribute(owner, word) if word in _LOOKING:
                self._use(owner, name)
                self.visit(arguments)
                return
            case ast.Name(word) if word in _ASKING and self._is_builtin(word):
                name = None
            case ast.Name(word) if word in _PASSING and self._is_builtin(word):
                pass
            case function if self.is_api(function):
                name = None
            case _:
                self._share(node)
                return
        for argument in arguments:
            self._use(argument, name)
