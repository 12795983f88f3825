"""What the arguments of flow decorators name, besides plain values: functions, events, times."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import libcst as cst

from flowc.diagnostics import Span
from flowc.ir.flow import Unknown, Value
from flowc.ir.references import FunctionName, NamespacedEvent, TimeDifference
from flowc.syntax.imports import root_name
from flowc.syntax.literals import code, text_of
from flowc.syntax.names import Names
from flowc.syntax.static.bindings import Assigned, Imported, is_home, is_home_import
from flowc.syntax.static.module import Module


@dataclass(frozen=True, slots=True)
class References:
    """Reads the arguments of one decorator; with `hooks`, names and texts stand for functions."""

    names: Names
    span: Span
    hooks: bool = False

    def value(self, node: cst.BaseExpression) -> Value:
        """The value; what is not plain in it is a reference, or an `Unknown` of its own."""
        plain = self.names.value(node, self.span)
        if isinstance(plain, Unknown):
            return self._opened(node) or plain
        return self._called(plain) if self.hooks else plain

    def _opened(self, node: cst.BaseExpression) -> Value:
        match node:
            case cst.List(elements) | cst.Tuple(elements) if _are(cst.Element, elements):
                return tuple(self.value(element.value) for element in elements)
            case cst.Dict(elements) if _are(cst.DictElement, elements):
                return self._entries(elements)
            case cst.Call():
                return self._event(node) or self._difference(node)
            case cst.Name() | cst.Attribute() if self.hooks:
                return self._function(node)
            case _:
                return None

    def _entries(self, elements: Sequence[cst.BaseDictElement]) -> Value:
        entries: dict[str, Value] = {}
        for element in elements:
            key = text_of(element.key) if isinstance(element, cst.DictElement) else None
            if key is None:
                return None
            entries[key] = self.value(element.value)
        return entries

    def _event(self, call: cst.Call) -> NamespacedEvent | None:
        if self.names.meaning(call.func) != "namespaced_event_name":
            return None
        match call.args:
            case [cst.Arg(star="") as arg]:
                name = self.names.value(arg.value, self.span)
                if isinstance(name, str):
                    return NamespacedEvent(self.span, code(call), name)
        return None

    def _difference(self, call: cst.Call) -> TimeDifference | None:
        if self._origin(call.func) != ("datetime", "timedelta"):
            return None
        given = [(arg, self.names.value(arg.value, self.span)) for arg in call.args]
        if any(arg.star or not isinstance(value, int | float) for arg, value in given):
            return None
        positional = [value for arg, value in given if not arg.keyword]
        keywords = {arg.keyword.value: value for arg, value in given if arg.keyword}
        try:
            seconds = timedelta(*positional, **keywords).total_seconds()  # type: ignore[arg-type]
        except (TypeError, ValueError, ArithmeticError):
            return None
        return TimeDifference(self.span, code(call), seconds)

    def _called(self, plain: Value) -> Value:
        """The functions that texts stand for: a name of the flow's file, or a dotted path."""
        match plain:
            case tuple():
                return tuple(self._called(item) for item in plain)
            case str():
                module, _, name = plain.rpartition(".")
                project = self.names.file.project
                found = project.find(module) if module else project.main.module
                function = self._member(found, module, name, repr(plain))
                missed = Unknown(self.span, repr(plain))
                return replace(function, path=plain) if function else missed
            case _:
                return plain

    def _function(self, node: cst.BaseExpression) -> FunctionName | None:
        own = self.names.file.module
        module, name = self._origin(node) or (own.name, code(node))
        if module.startswith("."):
            # No package is around this file, and the import would fail.
            return None
        found = self.names.file.project.find(module) if module != own.name else own
        return self._member(found, module, name, code(node)) if name.isidentifier() else None

    def _origin(self, node: cst.BaseExpression) -> tuple[str, str] | None:
        """The module and the name that an import lets an expression stand for."""
        own = self.names.file.module
        sites = own.bindings.sites.get(root_name(node), [])
        if not sites or is_home(sites[0].origin):
            return None
        match sites[0].origin, code(node).split("."):
            case Imported(ast.Import(), alias), [_, *path, name]:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                return ".".join([module, *path]), name
            case Imported(ast.ImportFrom() as statement, alias), [_, *path]:
                *inner, name = [alias.name, *path]
                found = own.source_of(statement)
                module = found.name if found else "." * statement.level + (statement.module or "")
                return ".".join([module, *inner]), name
            case _:
                return None

    def _member(
        self, found: Module | None, module: str, name: str, text: str
    ) -> FunctionName | None:
        """A module's function; None if the module has something else of that name."""
        if not name.isidentifier():
            return FunctionName(self.span, text, name, module, missing=True)
        if found is None:
            return FunctionName(self.span, text, name, module)
        origins = [site.origin for site in found.bindings.sites.get(name, [])]
        match origins:
            case [ast.FunctionDef(decorator_list=[]) as definition]:
                arguments = tuple(_needed(definition.args))
                return FunctionName(self.span, text, name, module, arguments)
            case [ast.FunctionDef() | Imported() | Assigned()] | [_, _, *_]:
                return FunctionName(self.span, text, name, module)
            case []:
                return FunctionName(self.span, text, name, module, missing=_is_closed(found))
            case _:
                return None


def _are(kind: type[cst.CSTNode], elements: object) -> bool:
    return isinstance(elements, list | tuple) and all(isinstance(each, kind) for each in elements)


def _is_closed(module: Module) -> bool:
    """Whether a module has no other names than those that stand in it."""
    stars = (statement for statement, _, _ in module.bindings.stars)
    return not module.bindings.dynamic and all(is_home_import(each) for each in stars)


def _needed(arguments: ast.arguments) -> Iterator[str]:
    """The arguments that a call must give, but for `run`, which every hook is given."""
    plain = [*arguments.posonlyargs, *arguments.args]
    for argument in plain[: len(plain) - len(arguments.defaults)]:
        if argument.arg != "run" or argument in arguments.posonlyargs:
            yield argument.arg
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is None:
            yield argument.arg
