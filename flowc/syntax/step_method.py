"""`@step` methods."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Decorator, Origin, Step, Transition
from flowc.syntax import placement_problems as places
from flowc.syntax import problems
from flowc.syntax.decorators import api_names
from flowc.syntax.layout import Anchor, Mark
from flowc.syntax.literals import docstring
from flowc.syntax.names import Names
from flowc.syntax.source import Source
from flowc.syntax.transition import TransitionReader, next_call, own_calls

# Metaflow's decorators, by what they may stand above.
OF_STEPS = frozenset(
    {"batch", "card", "catch", "conda", "environment", "kubernetes", "parallel", "pypi"}
    | {"resources", "retry", "secrets", "timeout"}
)
OF_FLOWS = frozenset(
    {"airflow_external_task_sensor", "airflow_s3_key_sensor", "conda_base", "exit_hook"}
    | {"project", "pypi_base", "schedule", "trigger", "trigger_on_finish"}
)


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a flow class: its node, its place, and what stands between it and the next.

    The node's body may lack what is between a docstring and the last statement; `whole` has it.
    """

    node: cst.FunctionDef
    whole: Callable[[], cst.FunctionDef]
    span: Span
    decorators: tuple[Decorator, ...]
    inside: Sequence[Anchor]


def is_step(node: cst.FunctionDef, names: Names) -> bool:
    """Whether one of the decorators is the API's `step`."""
    return any("step" in api_names(item, names) for item in node.decorators)


def read_step(
    source: Source, method: Method, names: Names, *, ends_flow: bool
) -> tuple[Step, list[Diagnostic]]:
    """The step, and what is wrong with its transition and the order of its decorators."""
    arguments = _argument_names(method.node.params)
    transition, diagnostics = _transition(source, method, arguments, names, ends_flow=ends_flow)
    if method.node.asynchronous is not None:
        diagnostics = [*diagnostics, problems.async_step(method.span, method.node.name.value)]
    diagnostics += _decorator_problems(method)
    step = Step(
        name=method.node.name.value,
        span=method.span,
        transition=transition,
        arguments=arguments,
        decorators=tuple(_above_and_below(method.decorators)),
        marks=marks(method.decorators),
        doc=docstring(method.node),
    )
    return step, diagnostics


def stray_decorators(method: Method) -> list[Diagnostic]:
    """A diagnostic for each decorator of steps above a method that is none."""
    return [
        places.decorator_without_step(decorator.span, decorator.name, method.node.name.value)
        for decorator in method.decorators
        if decorator.core in OF_STEPS
    ]


def marks(decorators: Sequence[Decorator]) -> frozenset[str]:
    """`start` and `end`, as far as `@step(start=True, end=True)` says so."""
    found = (item.arguments for item in decorators if item.core == "step")
    return frozenset(
        word for arguments in found for word in ("start", "end") if arguments.get(word) is True
    )


def _above_and_below(decorators: Sequence[Decorator]) -> Iterator[Decorator]:
    """The decorators without `@step`; what is unseen below it can only be a plain function."""
    below = False
    for decorator in decorators:
        if decorator.core == "step":
            below = True
        elif below and decorator.origin is Origin.UNSEEN:
            yield replace(decorator, origin=Origin.FUNCTION)
        else:
            yield decorator


def _decorator_problems(method: Method) -> list[Diagnostic]:
    """A diagnostic for each decorator known to Metaflow that stands in a wrong place."""
    name = method.node.name.value
    words = [decorator.core for decorator in method.decorators]
    below = [
        places.decorator_below_step(decorator.span, decorator.name, name)
        for decorator in method.decorators[words.index("step") + 1 :]
        if decorator.origin not in {Origin.FUNCTION, Origin.UNSEEN}
        and decorator.core not in OF_FLOWS
    ]
    of_flows = (each for each in method.decorators if each.core in OF_FLOWS)
    misplaced = [
        places.misplaced_decorator(each.span, each.name, f"step `{name}`", "the flow's class")
        for each in of_flows
    ]
    return below + misplaced


def _transition(
    source: Source, method: Method, arguments: Sequence[str], names: Names, *, ends_flow: bool
) -> tuple[Transition | None, list[Diagnostic]]:
    owner = arguments[0].rstrip("/") if arguments else "self"
    name = method.node.name.value
    call = next_call(method.node, owner)
    calls = [anchor for anchor in method.inside if _calls_next(anchor, owner)]
    if len(calls) > 1:
        # Behind the step's own calls there may be those of a statement that holds other steps.
        owned = own_calls(method.whole(), owner)
        calls = [anchor for anchor, own in zip(calls, owned, strict=False) if own]
    elsewhere = calls[:-1] if call else calls
    found = [
        problems.next_not_last(source.span(anchor.start, anchor.end), name) for anchor in elsewhere
    ]
    if call is None:
        return None, found if found or ends_flow else [problems.missing_next(method.span, name)]
    reader = TransitionReader(
        lambda: names.in_method(_own_names(method)),
        source,
        owner,
        calls[-1] if calls else method.span,
    )
    transition, diagnostics = reader.read(call)
    return transition, found + diagnostics


def _calls_next(anchor: Anchor, owner: str) -> bool:
    return anchor.mark is Mark.NEXT and anchor.text.partition(".")[0].strip() == owner


def _argument_names(parameters: cst.Parameters) -> tuple[str, ...]:
    """The names, those that a step cannot have with a star before or a slash behind them."""
    plain = [f"{item.name.value}/" for item in parameters.posonly_params]
    plain += [item.name.value for item in parameters.params]
    odd = [f"*{item.name.value}" for item in parameters.kwonly_params]
    if isinstance(parameters.star_arg, cst.Param):
        odd.append(f"*{parameters.star_arg.name.value}")
    if parameters.star_kwarg is not None:
        odd.append(f"**{parameters.star_kwarg.name.value}")
    return (*plain, *odd)


def _own_names(method: Method) -> frozenset[str]:
    """The names that are a method's own, or all that stand in it."""
    text = cst.Module([]).code_for_node(method.whole())
    try:
        with warnings.catch_warnings(action="ignore"):
            (parsed,) = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(re.findall(r"\w+", text))
    # Loaded only for a transition that says more than literals.
    from flowc.syntax.static.bindings import read_bindings  # noqa: PLC0415

    body = parsed.body if isinstance(parsed, ast.FunctionDef | ast.AsyncFunctionDef) else []
    own = read_bindings(body)
    return frozenset({*own.sites, *own.elsewhere, *_argument_words(method.node.params)})


def _argument_words(parameters: cst.Parameters) -> Iterator[str]:
    return (name.strip("*/") for name in _argument_names(parameters))
