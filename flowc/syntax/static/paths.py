"""Paths that a flow builds from the place of its file, as in `os.path.dirname(__file__)`.

They are good for reading files when a flow is compiled. What is written into manifests never
depends on where the flow lies, so that to all others such a path is no value.
"""

# Paths are texts here, and joined as the flow's own calls of `os.path` join them.
# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flowc.syntax.static.bindings import Assigned, Site
from flowc.syntax.static.bounds import MAX_DEPTH
from flowc.syntax.static.module import Module
from flowc.syntax.static.uncertain import NotStaticError

_FUNCTIONS: Mapping[str, Callable[..., str]] = {
    "os.path.abspath": os.path.abspath,
    "os.path.dirname": os.path.dirname,
    "os.path.join": os.path.join,
    "os.path.normpath": os.path.normpath,
    "os.path.realpath": os.path.realpath,
    "pathlib.Path": os.path.join,
    "str": str,
}
_METHODS: Mapping[str, Callable[..., str]] = {
    "absolute": os.path.abspath,
    "as_posix": str,
    "joinpath": os.path.join,
    "resolve": os.path.realpath,
}


def path_of(node: ast.expr, module: Module, file: str) -> str:
    """The path that an expression gives; `file` is that of the module, whose names it uses.

    Raises `NotStaticError` where that is not certain.
    """
    return _Reader(module, file).path(node, 0)


@dataclass(frozen=True, slots=True)
class _Reader:
    module: Module
    file: str

    def path(self, node: ast.expr, depth: int) -> str:
        if depth > MAX_DEPTH:
            raise NotStaticError
        match node:
            case ast.Constant(str(text)):
                return text
            case ast.Name("__file__"):
                return os.path.abspath(self.file)
            case ast.Name(name):
                return self.path(self._value(name), depth + 1)
            case ast.BinOp(left, ast.Div(), right):
                return os.path.join(*self._paths([left, right], depth))
            case ast.Attribute(owner, "parent"):
                return os.path.dirname(self.path(owner, depth + 1))
            case ast.Call(function, args, keywords=[]):
                return self._call(function, args, depth)
            case _:
                raise NotStaticError

    def _value(self, name: str) -> ast.expr:
        """What the one statement at the top that binds a name gives it."""
        match self.module.bindings.sites.get(name, []):
            case [Site(Assigned(value, ()), direct=True)]:
                return value
            case _:
                raise NotStaticError

    def _paths(self, nodes: Sequence[ast.expr], depth: int) -> list[str]:
        return [self.path(node, depth + 1) for node in nodes]

    def _call(self, function: ast.expr, args: Sequence[ast.expr], depth: int) -> str:
        called = _FUNCTIONS.get(self._full_name(function))
        if called is None and isinstance(function, ast.Attribute):
            called, args = _METHODS.get(function.attr), [function.value, *args]
        if called is None:
            raise NotStaticError
        try:
            return called(*self._paths(args, depth))
        except TypeError as error:
            raise NotStaticError from error

    def _full_name(self, node: ast.expr) -> str:
        """The name by which any module could import a function; a builtin's is its own."""
        root, point, rest = ast.unparse(node).partition(".")
        if root not in self.module.bindings.sites:
            return root if not point else ""
        names = set(self.module.imported_names(root))
        return f"{names.pop()}{point}{rest}" if len(names) == 1 else ""
