"""What a `self.next(…)` says when it runs, checked against the plan."""

from __future__ import annotations

from flowc.runtime.errors import GraphError, InvalidNextError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.plan import Step

FORMS = frozenset({"foreach", "num_parallel", "condition"})


class Transition:
    """A `self.next(…)` that ran: kind and targets as in the plan, and what it was decided by.

    `items` is what a foreach goes over, `count` how many tasks that makes, `chosen` the step that
    a switch takes.
    """

    def __init__(self, kind: str, targets: list[str], artifact: str = "") -> None:
        self.kind = kind
        self.targets = list(dict.fromkeys(targets))
        self.artifact = artifact
        self.items: list[Any] = []
        self.count = 0
        self.chosen = ""


def read_transition(flow: object, step: Step, destinations: Any, forms: Any) -> Transition:
    """The transition that a call of `self.next` asks for, which is what the plan expects."""
    unknown = sorted(set(forms) - FORMS)
    if unknown:
        raise GraphError(
            f"step `{step.name}` passes an unknown keyword argument `{unknown[0]}` to self.next()"
        )
    given = {form: value for form, value in forms.items() if value is not None}
    if len(given) > 1:
        raise GraphError(
            f"step `{step.name}` combines {' and '.join(sorted(given))} in self.next(); "
            "it takes one of them"
        )
    if "condition" in given:
        return _switch(flow, step, destinations, given["condition"])
    targets = [_target(step, destination) for destination in destinations]
    if "foreach" in given:
        return _foreach(flow, step, targets, given["foreach"])
    if "num_parallel" in given:
        return _gang(step, targets, given["num_parallel"])
    return _expect(step, Transition("split" if len(targets) > 1 else "linear", targets))


def missing_transition(step: Step, file: str) -> GraphError:
    """What to raise for a step that ended without the transition that the plan expects."""
    place = f"{file}:{step.line}: " if step.line else ""
    return GraphError(f"{place}{_expected(step)}, but self.next() was not called when it ran")


def _switch(flow: object, step: Step, destinations: Any, condition: Any) -> Transition:
    if len(destinations) != 1 or not isinstance(destinations[0], dict) or not destinations[0]:
        raise GraphError(
            f"step `{step.name}` has an invalid self.next() transition: with `condition`, it takes "
            "a single, non-empty dictionary that maps condition values to step methods"
        )
    cases = {case: _target(step, method) for case, method in destinations[0].items()}
    transition = _expect(step, Transition("switch", list(cases.values()), _name(step, condition)))
    value = _artifact(flow, step, condition, "condition")
    if value not in cases:
        raise InvalidNextError(
            f"switch condition variable `{condition}` of step `{step.name}` has the value "
            f"{value!r}, which is not in the available cases: {list(cases)}"
        )
    transition.chosen = cases[value]
    return transition


def _foreach(flow: object, step: Step, targets: list[str], name: Any) -> Transition:
    transition = _expect(step, Transition("foreach", targets, _name(step, name)))
    value = _artifact(flow, step, name, "foreach")
    try:
        transition.items = list(value)
    except Exception as error:  # Going over a user's iterable runs the user's code.
        raise InvalidNextError(
            f"foreach variable `self.{name}` in step `{step.name}` is not iterable: {error}"
        ) from error
    transition.count = len(transition.items)
    if not transition.count:
        raise InvalidNextError(
            f"foreach iterator over `{name}` in step `{step.name}` produced zero splits; "
            "check your variable"
        )
    return transition


def _gang(step: Step, targets: list[str], num_parallel: Any) -> Transition:
    transition = _expect(step, Transition("gang", targets))
    if not isinstance(num_parallel, int) or num_parallel < 1:
        raise InvalidNextError(
            f"num_parallel of step `{step.name}` is {num_parallel!r}; it must be 1 or more"
        )
    transition.count = num_parallel
    return transition


def _expect(step: Step, found: Transition) -> Transition:
    planned = (step.kind, step.next, step.artifact)
    if (found.kind, found.targets, found.artifact) != planned:
        raise GraphError(
            f"{_expected(step)}, but self.next() was called with {_wording(found)}; make sure "
            "there is only one unconditional self.next() call at the end of the step"
        )
    return found


def _expected(step: Step) -> str:
    if step.kind == "end":
        return f"step `{step.name}` is the last one and was expected to end the flow"
    planned = Transition(step.kind, step.next, step.artifact)
    return f"step `{step.name}` was expected to transition to {_wording(planned)}"


def _wording(transition: Transition) -> str:
    names = ", ".join(f"`{name}`" for name in transition.targets) or "nothing"
    over = f" over `{transition.artifact}`" if transition.artifact else ""
    plain = transition.kind in {"linear", "split"}
    return names if plain else f"{names} by a {transition.kind}{over}"


def _target(step: Step, destination: Any) -> str:
    function = getattr(destination, "__func__", None)
    name: str | None = getattr(function, "__name__", None)
    if name is None:
        hint = "; a dictionary needs `condition=`" if isinstance(destination, dict) else ""
        raise GraphError(
            f"step `{step.name}` passes {destination!r} to self.next(), which is not a step "
            f"method of the flow{hint}"
        )
    return name


def _name(step: Step, artifact: Any) -> str:
    if not isinstance(artifact, str):
        raise GraphError(
            f"step `{step.name}` has an invalid self.next() transition: "
            f"the artifact's name must be a string, not {artifact!r}"
        )
    return artifact


def _artifact(flow: object, step: Step, name: str, form: str) -> Any:
    try:
        return getattr(flow, name)
    except AttributeError:
        raise InvalidNextError(
            f"{form} variable `self.{name}` in step `{step.name}` does not exist; "
            "set it before self.next()"
        ) from None
