"""What can be wrong with a source before there is a flow to look at."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Diagnostic, Finding, Severity, Span, problem


@problem("FC001")
def unreadable_file(path: str, reason: str) -> Finding:
    """The file cannot be read as Python source.

    ## Why is this bad?
    Without its source there is no flow.

    ## Use instead
    Name an existing file that holds Python text.
    """
    return Finding(Span(path), f"cannot read the file: {reason}", "name a Python source file")


@problem("FC002")
def syntax_error(span: Span, message: str) -> Finding:
    """The file is not valid Python.

    ## Why is this bad?
    Python could not run it either.

    ## Example
        def start(self:

    ## Use instead
        def start(self):
    """
    first = message.strip().splitlines()[0] if message.strip() else "cannot be parsed"
    return Finding(span, f"not valid Python: {first}", "correct the syntax")


@problem("FC003")
def no_flow(path: str, imported: str = "") -> Finding:
    """The file has no class that derives from `FlowSpec`.

    ## Why is this bad?
    A flow is a class with `FlowSpec`, of flowc or of Metaflow, as its base. It may come from
    another file, if this one starts it; one that is only imported may be there for other reasons.

    ## Use instead
        from flowc import FlowSpec, step

        class TrainFlow(FlowSpec):
            ...

    or

        from flows.train import TrainFlow

        if __name__ == "__main__":
            TrainFlow()
    """
    hint = "derive a class from `FlowSpec`, imported from `flowc` or `metaflow`"
    if imported:
        hint = f"start the flow that is imported, with `{imported}()`, or name the file it is from"
    return Finding(Span(path), "no flow in this file", hint)


@problem("FC004")
def several_flows(spans: Sequence[Span], path: str, names: Sequence[str]) -> Finding:
    """The file has several flows, and none was chosen.

    ## Why is this bad?
    A command works on one flow.

    ## Use instead
    Name the class after a colon: `flowc compile flow.py:TrainFlow`.
    """
    known = ", ".join(f"`{name}`" for name in names)
    return Finding(
        spans[1], f"several flows in this file: {known}", f"choose one, as in `{path}:{names[0]}`"
    )


@problem("FC005")
def unknown_flow(path: str, wanted: str, names: Sequence[str]) -> Finding:
    """The file has no flow of the name that was asked for.

    ## Why is this bad?
    Another flow than the one that was meant would be compiled or run.

    ## Use instead
    Name one of the flow classes in the file, or none if there is only one.
    """
    known = ", ".join(f"`{name}`" for name in names)
    return Finding(Span(path), f"no flow `{wanted}` in this file", f"choose from {known}")


@problem("FC006")
def too_deep(span: Span) -> Finding:
    """Brackets or operators nested beyond what Python itself would run.

    ## Why is this bad?
    Python refuses more than 200 brackets in each other, and fails on chains of thousands of
    operators.

    ## Use instead
    Build the value in several statements, or read it from a file.
    """
    return Finding(span, "an expression is nested too deep", "split the expression")


@problem("FC007")
def not_read(span: Span, what: str, instead: str) -> Finding:
    """A construct that flowc does not read yet.

    ## Why is this bad?
    Passing over it silently could give a manifest that does something else than the flow.

    ## Use instead
    What the hint says.
    """
    return Finding(span, f"{what} is not supported yet", instead)


@problem("FC008", Severity.WARNING)
def step_outside_flow(span: Span, name: str) -> Finding:
    """A class has `@step` methods, but does not derive from `FlowSpec` itself.

    ## Why is this bad?
    Its steps belong to no flow that flowc can see in this file.

    ## Use instead
        class TrainFlow(FlowSpec):
    """
    return Finding(
        span, f"class `{name}` has steps, but is no flow", "derive it from `FlowSpec` directly"
    )


@problem("FC009", Severity.WARNING)
def unread_import(cause: Diagnostic) -> Finding:
    """A file that the flow takes a name from is not Python, or cannot be read.

    ## Why is this bad?
    What the name stands for is not known; where a manifest needs it, there is an error as well.

    ## Use instead
    Correct the file that the flow imports.
    """
    finding = cause.finding
    return Finding(
        finding.span, f"the flow needs a name from here: {finding.message}", finding.hint
    )


@problem("FC103")
def duplicate_step(span: Span, name: str) -> Finding:
    """Two members of a flow have the same name.

    ## Why is this bad?
    The later one silently replaces the earlier one.

    ## Use instead
    Give each step, method and parameter a name of its own.
    """
    return Finding(
        span, f"`{name}` is defined twice in this flow", "rename or remove one of the two"
    )


@problem("FC107")
def missing_next(span: Span, name: str) -> Finding:
    """A step other than the last does not say which step follows.

    ## Why is this bad?
    The flow would stop there. `self.next(…)` must be the last statement of the step.

    ## Example
        @step
        def train(self):
            self.model = fit()

    ## Use instead
        @step
        def train(self):
            self.model = fit()
            self.next(self.end)
    """
    return Finding(
        span,
        f"step `{name}` has no `self.next(…)`",
        f"end `{name}` with `self.next(self.<step>)`",
    )


@problem("FC108")
def invalid_next(span: Span, reason: str) -> Finding:
    """A `self.next(…)` of a form that no flow can have.

    ## Why is this bad?
    The step graph is read from these calls; they must name their targets literally.

    ## Example
        self.next(steps[0])

    ## Use instead
        self.next(self.train)                                        # one step
        self.next(self.left, self.right)                             # a split
        self.next(self.train, foreach="alphas")                      # for each item
        self.next(self.train, num_parallel=4)                        # a gang
        self.next({"good": self.end, "bad": self.fix}, condition="verdict")
    """
    return Finding(span, reason, "use one of the forms that `flowc rule FC108` shows")


@problem("FC109")
def next_not_last(span: Span, name: str) -> Finding:
    """`self.next(…)` is not the last statement of its step.

    ## Why is this bad?
    The step graph is read without running the flow; a call inside an `if`, a loop or another
    function, or one that more statements follow, can not be told from one that never happens.

    ## Example
        if self.accuracy > 0.9:
            self.next(self.publish)
        else:
            self.next(self.tune)

    ## Use instead
        self.verdict = "publish" if self.accuracy > 0.9 else "tune"
        self.next({"publish": self.publish, "tune": self.tune}, condition="verdict")
    """
    return Finding(
        span,
        f"`self.next` is not the last statement of step `{name}`",
        'call it once, at the end; to choose, use `self.next({…}, condition="…")`',
    )


@problem("FC106")
def async_step(span: Span, name: str) -> Finding:
    """A step is an `async def`.

    ## Why is this bad?
    Calling it only makes a coroutine: the body would never run.

    ## Use instead
        @step
        def fetch(self):
            self.pages = asyncio.run(fetch_all())
            self.next(self.end)
    """
    return Finding(span, f"step `{name}` is `async`", "write `def`, and `asyncio.run(…)` inside")


@problem("FC310")
def parameter_name(span: Span, attribute: str) -> Finding:
    """A parameter's name is not a literal string.

    ## Why is this bad?
    Manifests and the command line need the name before the flow runs.

    ## Example
        alpha = Parameter(NAME)

    ## Use instead
        alpha = Parameter("alpha")
    """
    return Finding(
        span,
        f"the name of the parameter in `{attribute}` is not a literal",
        f'write the name out, as in `Parameter("{attribute}")`',
    )


@problem("FC311")
def parameter_type(span: Span, name: str) -> Finding:
    """A parameter's type is none that flowc knows.

    ## Why is this bad?
    A parameter arrives as text; its type says how the text becomes a value.

    ## Use instead
    One of `str`, `int`, `float`, `bool` and `JSONType`.
    """
    return Finding(
        span,
        f"the type of parameter `{name}` is not known",
        "use `str`, `int`, `float`, `bool` or `JSONType`",
    )


@problem("FC315")
def parameter_argument(span: Span, name: str, fault: str, instead: str) -> Finding:
    """An argument of a parameter that Metaflow refuses, or that means nothing.

    ## Why is this bad?
    Only a default may be a function, which is called when a run starts. Whether a value must be
    given stands in manifests, and so has to be known from the source.

    ## Example
        alpha = Parameter("alpha", required="yes")

    ## Use instead
        alpha = Parameter("alpha", required=True)
    """
    return Finding(span, f"in parameter `{name}`, {fault}", instead)


@problem("FC329")
def assigned_parameter(span: Span, step: str, attribute: str) -> Finding:
    """A step assigns to a parameter.

    ## Why is this bad?
    A parameter has the same value in all steps of a run. The assignment raises an
    `AttributeError` when the step runs.

    ## Example
        self.alpha = self.alpha * 2                 # where `alpha` is a parameter

    ## Use instead
        self.twice = self.alpha * 2
    """
    return Finding(
        span,
        f"step `{step}` changes `{attribute}`, which is a parameter",
        "assign to an artifact of another name",
    )
