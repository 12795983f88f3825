"""What can be wrong with the decorators of flows and steps."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, problem
from flowc.ir.flow import Decorator, Unknown


def _names(steps: Sequence[str]) -> str:
    return ", ".join(f"`{step}`" for step in steps)


@problem("FC301")
def wrong_argument(decorator: Decorator, argument: str, given: str, expected: str) -> Finding:
    """A decorator's argument of a kind or size that the decorator cannot take.

    ## Why is this bad?
    An engine would refuse the manifest, or run the step with another value than was meant.

    ## Example
        @retry(times=-1)

    ## Use instead
        @retry(times=3)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` cannot take `{given}` for `{argument}`",
        f"give `{argument}` {expected}",
    )


@problem("FC302")
def unknown_argument(decorator: Decorator, argument: str, known: Sequence[str]) -> Finding:
    """A decorator is given an argument that it does not have.

    ## Why is this bad?
    The argument would have no effect, and Metaflow refuses it.

    ## Example
        @retry(retries=3)

    ## Use instead
        @retry(times=3)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` has no argument `{argument}`",
        _advice(decorator, argument, known),
    )


def _advice(decorator: Decorator, argument: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 (loaded only where something is wrong)

    if not known:
        return f"write `@{decorator.name}` without arguments"
    near = get_close_matches(argument, known, 1)
    return f"write `{near[0]}`" if near else f"use {_names(known)}"


@problem("FC352")
def two_names_for_one(decorator: Decorator, one: str, other: str) -> Finding:
    """A decorator is given two arguments that are names of the same.

    ## Why is this bad?
    It is not settled which of the two counts, and Metaflow refuses them.

    ## Example
        @batch(inferentia=1, trainium=2)

    ## Use instead
        @batch(trainium=2)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` is given both `{one}` and `{other}`, which mean the same",
        f"keep `{one}` or `{other}`",
    )


@problem("FC401")
def argument_not_static(decorator: Decorator, argument: str, unknown: Unknown) -> Finding:
    """A decorator's argument that only running the flow would tell.

    ## Why is this bad?
    flowc reads a flow without running it, and an engine must be told resources, retries and
    the like before the run starts.

    ## Example
        @resources(memory=how_much())

    ## Use instead
        @resources(memory=16000)
    """
    return Finding(
        unknown.span,
        f"`{argument}` of `@{decorator.name}` is `{unknown.text}`, which only running would tell",
        "write the value as a literal",
    )
