"""Evaluation of expressions, in bounded time and space."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowc.ir.flow import api_origin
from flowc.syntax.static.bounds import MAX_DEPTH, MAX_WORK, checked
from flowc.syntax.static.builtins import call_builtin, checked_or_once, items_of
from flowc.syntax.static.frame import Frame
from flowc.syntax.static.local import LocalScope, unpacked
from flowc.syntax.static.markers import marker_of
from flowc.syntax.static.operations import binary, compare, formatted, method, unary
from flowc.syntax.static.symbols import (
    ApiModule,
    ApiName,
    Applied,
    Builtin,
    ClassRef,
    Decorated,
    Delayed,
    Function,
    Hole,
    Marker,
    Once,
    Scope,
    Settings,
    Static,
)
from flowc.syntax.static.uncertain import MissingSettingError, NotStaticError

# What an operation of Python's own raises: the flow would fail there, so there is no value.
_FAILURES = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
_LONGEST_TEXT = 60


def evaluate(node: ast.expr, scope: Scope) -> Static:
    """What an expression is; raises `NotStaticError` where that is not certain."""
    return Evaluation(scope).value(node)


def evaluate_late(node: ast.expr, scope: Scope) -> Static:
    """What an expression is that is evaluated when the whole file has run.

    Functions have their values by then, and what they give back is known as well.
    """
    return Evaluation(scope, _Work(late=True)).value(node)


def decorators_of(node: ast.expr, scope: Scope) -> tuple[Applied, ...]:
    """The decorators known to Metaflow that `@expression` stands for, outermost first."""
    evaluation = Evaluation(scope)
    result = evaluation.apply(evaluation.value(node), [Decorated()], {})
    if isinstance(result, Decorated):
        return result.decorators
    raise NotStaticError


def own_marker(node: ast.expr, scope: Scope) -> Marker | None:
    """The marker that a function or class of the user's is, if it is one for certain."""
    evaluation = Evaluation(scope)
    return marker_of(evaluation.value(node), evaluation.elsewhere)


def shortened(text: str) -> str:
    """The text on one line that is not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


@dataclass(slots=True)
class _Work:
    """What is left of the work that one value may take; `late`: all names have their values."""

    left: int = MAX_WORK
    depth: int = 0
    late: bool = False


@dataclass(slots=True)
class Evaluation:
    """Evaluates in one scope; work is counted over all of them."""

    scope: Scope
    work: _Work = field(default_factory=_Work)

    def value(self, node: ast.expr) -> Static:
        """What the expression is."""
        self._charge(1)
        self.work.depth += 1
        if self.work.depth > MAX_DEPTH:
            raise NotStaticError
        try:
            return self._value(node)
        except _FAILURES as error:
            raise NotStaticError from error
        finally:
            self.work.depth -= 1

    def _value(self, node: ast.expr) -> Static:  # noqa: C901, PLR0912 (a flat table)
        match node:
            case ast.Constant(value):
                return checked(value)
            case ast.Name(name):
                return self.scope.lookup(name)
            case ast.UnaryOp(sign, operand):
                return unary(sign, self.plain(operand))
            case ast.BinOp(left, sign, right):
                return self._counted(binary(sign, self.plain(left), self.plain(right)))
            case ast.BoolOp():
                return self._bool(node)
            case ast.Compare():
                return self._compare(node)
            case ast.IfExp(test, body, orelse):
                return self.value(body if self.plain(test) else orelse)
            case ast.JoinedStr(values):
                return checked("".join(self._text(piece) for piece in values))
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                return self._display(node)
            case ast.Subscript(owner, index):
                return self._item(self.plain(owner), index)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._comprehension(node)
            case ast.Attribute(owner):
                return self._attribute(self.value(owner), node)
            case ast.Call():
                return self._call(node)
            case _:
                raise NotStaticError

    def plain(self, node: ast.expr) -> Any:
        """The expression's value, if it is one of Python's own."""
        return checked(self.value(node))

    def _charge(self, work: int) -> None:
        self.work.left -= work
        if self.work.left < 0:
            raise NotStaticError

    def _counted(self, value: Any) -> Any:
        self._charge(len(value) if isinstance(value, str | list | tuple | dict) else 0)
        return value

    def inside(self, scope: Scope) -> Evaluation:
        """An evaluation in another scope, whose work counts as this one's."""
        return Evaluation(scope, self.work)

    def elsewhere(self, node: ast.expr, scope: Scope) -> Static:
        """What an expression of another scope is, as a part of the same work."""
        return self.inside(scope).value(node)

    def _bool(self, node: ast.BoolOp) -> Any:
        value = None
        for operand in node.values:
            value = self.plain(operand)
            if bool(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def _compare(self, node: ast.Compare) -> bool:
        left = self.plain(node.left)
        for sign, operand in zip(node.ops, node.comparators, strict=True):
            right = self.plain(operand)
            if not compare(sign, left, right):
                return False
            left = right
        return True

    def _text(self, piece: ast.expr) -> str:
        if isinstance(piece, ast.FormattedValue):
            spec = self.plain(piece.format_spec) if piece.format_spec else ""
            return formatted(self.plain(piece.value), piece.conversion, spec)
        return str(self.plain(piece))

    def _index(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Slice):
            return self.plain(node)
        parts = (node.lower, node.upper, node.step)
        return slice(*(self.plain(part) if part else None for part in parts))

    def _item(self, owner: Any, index: ast.expr) -> Static:
        key = self._index(index)
        if isinstance(owner, Delayed):
            return owner.at(key)
        if owner is None or (isinstance(owner, Settings) and key not in owner):
            raise MissingSettingError(key)
        return checked(owner[key])

    def _display(self, node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> Any:
        match node:
            case ast.Dict(keys, values):
                entries: dict[Any, Any] = {}
                for key, value in zip(keys, values, strict=True):
                    entries.update(self._entry(key, value))
                return self._counted(checked(entries))
            case ast.List(elements):
                return self._counted(checked(self._elements(elements)))
            case ast.Tuple(elements):
                return self._counted(checked(tuple(self._elements(elements))))
            case ast.Set(elements):
                return checked(set(self._elements(elements)))

    def _entry(self, key: ast.expr | None, value: ast.expr) -> dict[Any, Any]:
        if key is not None:
            return {self.plain(key): self.plain(value)}
        spread = self.plain(value)
        if not isinstance(spread, dict):
            raise NotStaticError
        return spread

    def _elements(self, elements: Sequence[ast.expr]) -> list[Any]:
        found: list[Any] = []
        for element in elements:
            if isinstance(element, ast.Starred):
                found += self._counted(items_of(self.value(element.value)))
            else:
                found.append(self.plain(element))
        return found

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> Any:
        first = items_of(self.value(node.generators[0].iter))
        inner = self.inside(self.scope.enclosed())
        rounds = inner.rounds(node.generators, first, {})
        match node:
            case ast.DictComp(key, value):
                return checked({each.plain(key): each.plain(value) for each in rounds})
            case ast.SetComp(element):
                return checked({each.plain(element) for each in rounds})
            case ast.ListComp(element):
                return checked([each.plain(element) for each in rounds])
            case ast.GeneratorExp(element):
                return Once(tuple(checked([each.plain(element) for each in rounds])))

    def rounds(
        self, generators: Sequence[ast.comprehension], items: list[Any], names: dict[str, Any]
    ) -> Iterator[Evaluation]:
        """An evaluation for each round of a comprehension, in which its targets have values."""
        generator, *later = generators
        if generator.is_async:
            raise NotStaticError
        for item in items:
            self._charge(1)
            bound = names | unpacked(generator.target, item)
            inner = self.inside(LocalScope(bound, self.scope))
            if not all(inner.plain(test) for test in generator.ifs):
                continue
            if later:
                yield from self.rounds(later, items_of(inner.value(later[0].iter)), bound)
            else:
                yield inner

    def _attribute(self, owner: Static, node: ast.Attribute) -> Static:
        match owner:
            case ApiModule():
                return ApiName(node.attr)
            case Delayed():
                return owner.attribute(node.attr)
            case Settings() if not hasattr(dict, node.attr):
                return self._item(owner, ast.Constant(node.attr))
            case None:
                raise MissingSettingError(node.attr)
            case _:
                return self.scope.attribute(owner, node)

    def _call(self, node: ast.Call) -> Static:
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if _is_plain(owner):
                args, keywords = self._arguments(node)
                if node.func.attr == "join":
                    args = [items_of(arg) for arg in args]
                for given in (*args, *keywords.values()):
                    checked(given)
                return self._counted(method(owner, node.func.attr, args, keywords))
            callee = self._attribute(owner, node.func)
        else:
            callee = self.value(node.func)
        callee = marker_of(callee, self.elsewhere) or callee
        if isinstance(callee, ApiName | Marker):
            return self.apply(callee, *self._loose_arguments(node))
        args, keywords = self._arguments(node)
        if isinstance(callee, Builtin):
            for given in (*args, *keywords.values()):
                checked_or_once(given)
            found = call_builtin(callee.name, args, keywords)
            return found if isinstance(found, Once) else self._counted(found)
        return self.apply(callee, args, keywords)

    def _arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        args: list[Any] = []
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                args += self._counted(items_of(self.value(arg.value)))
            else:
                args.append(self.value(arg))
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            given = {keyword.arg: self.value(keyword.value)} if keyword.arg else None
            for name, value in (given or self._entry(None, keyword.value)).items():
                if not isinstance(name, str) or name in keywords:
                    raise NotStaticError
                keywords[name] = value
        return args, keywords

    def _loose_arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a decorator; those that only running would tell are holes."""
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(
            keyword.arg is None for keyword in node.keywords
        ):
            return self._arguments(node)
        keywords = {
            keyword.arg: self._loose(keyword.value) for keyword in node.keywords if keyword.arg
        }
        return [self._loose(arg) for arg in node.args], keywords

    def _loose(self, node: ast.expr) -> Static:
        try:
            value = self.value(node)
        except NotStaticError:
            return Hole(shortened(ast.unparse(node)))
        known = _is_plain(value) or isinstance(value, Decorated)
        return value if known else Hole(shortened(ast.unparse(node)))

    def apply(self, callee: Static, args: Sequence[Any], keywords: Mapping[str, Any]) -> Static:
        """What a decorator, or a function that makes one, gives back."""
        self._charge(1)
        match marker_of(callee, self.elsewhere) or callee, args:
            case ApiName("Config" | "config_expr" as word), _:
                return self._delayed(word, args, keywords)
            case (ApiName() | Marker()) as decorator, [Decorated(below)] if not keywords:
                return Decorated((_applied(decorator), *below))
            case (ApiName() | Marker()) as decorator, _:
                return _applied(decorator, tuple(args), keywords)
            case Applied(), [Decorated(below)] if not keywords:
                return Decorated((callee, *below))
            case Function(), _:
                return self._call_function(callee, args, keywords)
            case _:
                raise NotStaticError

    def _delayed(self, word: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> Delayed:
        """A configuration, or an expression over some."""
        text = args[0] if args else keywords.get("name" if word == "Config" else "expr")
        if not isinstance(text, str):
            raise NotStaticError
        return Delayed(text, self.scope.outermost(), declared=word == "Config")

    def _call_function(
        self, function: Function, args: Sequence[Any], keywords: Mapping[str, Any]
    ) -> Static:
        """What a function of straight lines gives back, be it a decorator or what it decorates."""
        self.work.depth += 1
        if self.work.depth > MAX_DEPTH:
            raise NotStaticError
        try:
            found = Frame(self, function, args, keywords).run()
        finally:
            self.work.depth -= 1
        if self.work.late or isinstance(found, ApiName | Applied | ClassRef | Decorated | Function):
            return found
        raise NotStaticError


def _applied(
    decorator: ApiName | Marker,
    positional: tuple[Any, ...] = (),
    keywords: Mapping[str, Any] | None = None,
) -> Applied:
    origin = decorator.origin if isinstance(decorator, Marker) else api_origin(decorator.name)
    return Applied(decorator.name, origin, positional, keywords or {})


def _is_plain(value: Static) -> bool:
    try:
        checked(value)
    except NotStaticError:
        return False
    return True
