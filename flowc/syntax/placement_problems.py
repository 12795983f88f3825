"""What can be wrong with the places of decorators."""

from __future__ import annotations

from flowc.diagnostics import Finding, Note, Severity, Span, problem
from flowc.ir.flow import Decorator


@problem("FC113")
def decorator_without_step(span: Span, decorator: str, method: str) -> Finding:
    """A decorator of steps stands above a method that is no step.

    ## Why is this bad?
    Such a decorator adds to what `@step` has made of a method. Above any other method it says
    nothing, and Metaflow refuses to load the file.

    ## Example
        @retry(times=3)
        def train(self):

    ## Use instead
        @retry(times=3)
        @step
        def train(self):
    """
    return Finding(
        span,
        f"`@{decorator}` stands above `{method}`, which is no step",
        f"write `@step` right above `{method}`, or remove `@{decorator}`",
    )


@problem("FC309")
def decorator_below_step(span: Span, decorator: str, step: str) -> Finding:
    """A decorator of the flow API stands below `@step`.

    ## Why is this bad?
    Such a decorator adds to what `@step` has made of the method; below it there is no step yet,
    and Metaflow refuses it.

    ## Example
        @step
        @retry(times=3)
        def train(self):

    ## Use instead
        @retry(times=3)
        @step
        def train(self):
    """
    return Finding(
        span,
        f"`@{decorator}` stands below `@step` at `{step}`",
        "write `@step` last, right above the method",
    )


@problem("FC330")
def misplaced_decorator(span: Span, decorator: str, above: str, instead: str) -> Finding:
    """A decorator of steps above a flow, or one of flows above a step.

    ## Why is this bad?
    It would have no effect there, and Metaflow refuses it.

    ## Example
        @retry
        class TrainFlow(FlowSpec):

    ## Use instead
        class TrainFlow(FlowSpec):
            @retry
            @step
            def train(self):
    """
    return Finding(
        span,
        f"`@{decorator}` stands above the {above}, and belongs above {instead}",
        f"move it above {instead}",
    )


@problem("FC345", Severity.WARNING)
def replaced_decorator(span: Span, inherited: Decorator) -> Finding:
    """A flow has hooks or sensors of its own, and inherits others, which no longer count.

    ## Why is this bad?
    Those of the flow replace those of its bases, as they do in Metaflow: what the base asks for
    is not done.

    ## Example
        @exit_hook(on_error=[alert])
        class Base(FlowSpec):
            ...

        @exit_hook(on_success=[report])
        class TrainFlow(Base):
            ...

    ## Use instead
        @exit_hook(on_error=[alert])
        @exit_hook(on_success=[report])
        class TrainFlow(Base):
            ...
    """
    return Finding(
        span,
        f"`@{inherited.name}` replaces the one that the flow inherits",
        "write the inherited one above the flow, too, or remove it from the base",
        (Note(inherited.span, "it has no effect"),),
    )
