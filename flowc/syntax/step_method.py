"""`@step` methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Decorator, Step, Transition
from flowc.syntax import problems
from flowc.syntax.imports import Imports
from flowc.syntax.layout import Anchor, Mark
from flowc.syntax.source import Source
from flowc.syntax.transition import TransitionReader, next_call


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a flow class: its node, its place, and what stands between it and the next."""

    node: cst.FunctionDef
    span: Span
    decorators: tuple[Decorator, ...]
    inside: Sequence[Anchor]


def is_step(node: cst.FunctionDef, imports: Imports) -> bool:
    """Whether one of the decorators is the API's `step`."""
    return any(imports.meaning(_called(item.decorator)) == "step" for item in node.decorators)


def read_step(source: Source, method: Method, *, ends_flow: bool) -> tuple[Step, list[Diagnostic]]:
    """The step, and what is wrong with its transition."""
    arguments = _argument_names(method.node.params)
    transition, diagnostics = _transition(source, method, arguments, ends_flow=ends_flow)
    if method.node.asynchronous is not None:
        diagnostics = [*diagnostics, problems.async_step(method.span, method.node.name.value)]
    step = Step(
        name=method.node.name.value,
        span=method.span,
        transition=transition,
        arguments=arguments,
        decorators=tuple(item for item in method.decorators if item.name != "step"),
        marks=marks(method.decorators),
        doc=method.node.get_docstring() or "",
    )
    return step, diagnostics


def marks(decorators: Sequence[Decorator]) -> frozenset[str]:
    """`start` and `end`, as far as `@step(start=True, end=True)` says so."""
    found = (item.arguments for item in decorators if item.name == "step")
    return frozenset(
        word for arguments in found for word in ("start", "end") if arguments.get(word) is True
    )


def _transition(
    source: Source, method: Method, arguments: Sequence[str], *, ends_flow: bool
) -> tuple[Transition | None, list[Diagnostic]]:
    owner = arguments[0] if arguments else "self"
    name = method.node.name.value
    call = next_call(method.node, owner)
    calls = [anchor for anchor in method.inside if _calls_next(anchor, owner)]
    elsewhere = calls[:-1] if call else calls
    found = [
        problems.next_not_last(source.span(anchor.start, anchor.end), name) for anchor in elsewhere
    ]
    if call is None:
        return None, found if found or ends_flow else [problems.missing_next(method.span, name)]
    reader = TransitionReader(source, owner, calls[-1] if calls else None, method.span)
    transition, diagnostics = reader.read(call)
    return transition, found + diagnostics


def _calls_next(anchor: Anchor, owner: str) -> bool:
    return anchor.mark is Mark.NEXT and anchor.text.partition(".")[0].strip() == owner


def _argument_names(parameters: cst.Parameters) -> tuple[str, ...]:
    """The names, a star before those that a step cannot have."""
    plain = [item.name.value for item in (*parameters.posonly_params, *parameters.params)]
    odd = [f"*{item.name.value}" for item in parameters.kwonly_params]
    if isinstance(parameters.star_arg, cst.Param):
        odd.append(f"*{parameters.star_arg.name.value}")
    if parameters.star_kwarg is not None:
        odd.append(f"**{parameters.star_kwarg.name.value}")
    return (*plain, *odd)


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node
