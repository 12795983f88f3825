"""What can be wrong with what starts a flow."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Note, Severity, problem
from flowc.ir.flow import Decorator, Parameter


def _names(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


@problem("FC332")
def nothing_to_wait_for(decorator: Decorator, arguments: Sequence[str]) -> Finding:
    """A trigger that names no event and no flow.

    ## Why is this bad?
    Nothing would ever start the flow, and Metaflow refuses it.

    ## Example
        @trigger(events=[])

    ## Use instead
        @trigger(event="new_prices")
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` names nothing that could start the flow",
        f"give it {' or '.join(f'`{argument}`' for argument in arguments)}",
    )


@problem("FC333")
def one_and_several(decorator: Decorator, one: str, several: str) -> Finding:
    """A trigger that is given one event and several, or one flow and several.

    ## Why is this bad?
    It is not settled which of the two counts, and Metaflow refuses them.

    ## Example
        @trigger(event="new_prices", events=["new_houses"])

    ## Use instead
        @trigger(events=["new_prices", "new_houses"])
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` is given both `{one}` and `{several}`",
        f"list all of them in `{several}`",
    )


@problem("FC334")
def malformed_cause(decorator: Decorator, given: str, why: str, hint: str) -> Finding:
    """An event or a flow that is not written as a trigger takes it.

    An event is its name, or a dictionary with `name` and `parameters`; these are a dictionary
    of parameters of the flow and fields of the event, or a list of names and of pairs. A flow
    is its name, `project.branch.Flow`, or a dictionary with `name`, `project` and
    `project_branch`.

    ## Why is this bad?
    Metaflow refuses it, or does without what it does not understand.

    ## Example
        @trigger(event={"parameters": {"day": "date"}})

    ## Use instead
        @trigger(event={"name": "new_prices", "parameters": {"day": "date"}})
    """
    return Finding(decorator.span, f"{given} {why}", hint)


@problem("FC335")
def invalid_cause_name(decorator: Decorator, what: str, name: str, letters: str) -> Finding:
    """A name of an event, a field or a flow with letters that such a name cannot have.

    ## Why is this bad?
    Metaflow refuses it: events are found by these names, in expressions of an event bus.

    ## Example
        @trigger(event="new prices")

    ## Use instead
        @trigger(event="new_prices")
    """
    return Finding(decorator.span, f"{name} is no name of {what}", f"use only {letters}")


@problem("FC336", Severity.WARNING)
def triggered_without_value(parameter: Parameter, trigger: Decorator) -> Finding:
    """A parameter that must be given, and that no event of a trigger fills.

    ## Why is this bad?
    Nobody gives a value to a run that an event starts, so each of them would fail.

    ## Example
        @trigger(event={"name": "new_prices", "parameters": ["day"]})
        class TrainFlow(FlowSpec):
            alpha = Parameter("alpha", required=True)

    ## Use instead
        @trigger(event={"name": "new_prices", "parameters": ["day", "alpha"]})
    """
    return Finding(
        parameter.span,
        f"parameter `{parameter.name}` is required, but `@{trigger.name}` does not fill it",
        "give the parameter a default, or fill it from an event",
        (Note(trigger.span, "what starts the flow"),),
    )


@problem("FC337")
def unknown_parameter(decorator: Decorator, name: str, near: str, known: Sequence[str]) -> Finding:
    """An event is to fill a parameter that the flow does not have.

    ## Why is this bad?
    The value would go nowhere, and Metaflow refuses it.

    ## Example
        @trigger(event={"name": "new_prices", "parameters": {"dya": "date"}})

    ## Use instead
        @trigger(event={"name": "new_prices", "parameters": {"day": "date"}})
    """
    hint = f"the flow has {_names(known)}" if known else "the flow has no parameters: remove it"
    return Finding(
        decorator.span,
        f"the flow has no parameter `{name}`",
        f"write `{near}`" if near else hint,
    )


@problem("FC338")
def filled_twice(decorator: Decorator, name: str) -> Finding:
    """A parameter that is to be filled by several events, or twice by one.

    Parameters that differ only in capital letters are the same.

    ## Why is this bad?
    It is not settled which of the values counts, and Metaflow refuses it.

    ## Example
        @trigger(event={"name": "new_prices", "parameters": {"day": "date", "Day": "time"}})

    ## Use instead
        @trigger(event={"name": "new_prices", "parameters": {"day": "date"}})
    """
    return Finding(
        decorator.span,
        f"parameter `{name}` is filled twice",
        "keep one of the fields that fill it",
    )


@problem("FC339")
def same_cause_twice(decorator: Decorator, name: str) -> Finding:
    """The same event or flow twice in one trigger.

    ## Why is this bad?
    A trigger waits for all that it names, each by its name; Metaflow refuses an event twice.

    ## Example
        @trigger(events=["new_prices", "new_prices"])

    ## Use instead
        @trigger(event="new_prices")
    """
    return Finding(
        decorator.span,
        f"`{name}` stands twice in `@{decorator.name}`",
        "name it once",
    )


@problem("FC340", Severity.WARNING)
def unknown_key(decorator: Decorator, owner: str, key: str, known: Sequence[str]) -> Finding:
    """A key in a dictionary of a flow's decorator that means nothing there.

    ## Why is this bad?
    It has no effect, without a word.

    ## Example
        @trigger_on_finish(flow={"name": "PricesFlow", "branch": "prod"})

    ## Use instead
        @trigger_on_finish(flow={"name": "PricesFlow", "project_branch": "prod"})
    """
    return Finding(
        decorator.span,
        f"`{key}` in {owner} of `@{decorator.name}` has no effect",
        f"use {_names(known)}, or remove it",
    )


@problem("FC341")
def incomplete_project(decorator: Decorator, flow: str, given: str, lacking: str) -> Finding:
    """A trigger names the project of a flow without its branch, or the branch without project.

    ## Why is this bad?
    A run of a project's flow tells of its end by both. What is left out is that of the flow
    itself, and without `@project` it has none: the trigger would wait for ever.

    ## Example
        @trigger_on_finish(flow={"name": "PricesFlow", "project": "houses"})

    ## Use instead
        @trigger_on_finish(
            flow={"name": "PricesFlow", "project": "houses", "project_branch": "prod"}
        )
    """
    return Finding(
        decorator.span,
        f"`{flow}` has a `{given}` but no `{lacking}`, and the flow is in no project itself",
        f"give `{lacking}`, or put `@project` above the flow",
    )
