"""The definition of a flow's state machine, in Amazon States Language."""

from __future__ import annotations

import json
from typing import Any

from flowc.ir.flow import Flow, Parameter
from flowc.targets.step_functions.bucket import Bucket
from flowc.targets.step_functions.jsonata import (
    EVENT_GIVEN,
    GIVEN,
    expression,
    joined,
    listed,
    quoted,
    renamed,
)
from flowc.targets.step_functions.states import Fan, States
from flowc.targets.step_functions.tasks import Tasks

# The beginning of a run's id: Metaflow takes one of digits only for its own service's.
RUN_PREFIX = "sfn-"

_EVENT = "flowc:event"


def state_machine(flow: Flow, tasks: Tasks, fan: Fan, comment: str) -> dict[str, Any]:
    """The definition; the execution's input may hold `parameters`, by name, or be an event."""
    assigned = _assigned(flow, tasks.bucket)
    states = States(tasks, fan)
    names = states.name("flowc:parameters"), states.name("flowc:run")
    checks = _Checks(flow, *names)
    of_event = _of_event(flow, tasks.bucket, assigned, checks.first)
    machine = states.machine(flow.body, is_item=bool(flow.exit_hooks))
    if flow.exit_hooks:
        from flowc.targets.step_functions.exit_hooks import hooked  # noqa: PLC0415 (few flows)

        machine = hooked(flow, machine, states, tasks)
    run = {**checks.states(machine["StartAt"]), **machine["States"]}
    if EVENT_GIVEN[1:] in assigned:
        run = renamed(run, GIVEN, EVENT_GIVEN)
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(of_event), checks.first),
        "States": {**of_event, **run},
    }


def compact(definition: dict[str, Any]) -> str:
    """A definition as AWS gets it."""
    return json.dumps(definition, separators=(",", ":"), ensure_ascii=False)


class _Checks:
    """What comes before the first step: the input is looked at, and the run gets its id.

    A container would find out the same, minutes later.
    """

    def __init__(self, flow: Flow, choice: str, run: str) -> None:
        self._known = [parameter.name for parameter in flow.parameters]
        self._required = [parameter for parameter in flow.parameters if parameter.required]
        self._choice = choice
        self._run = run

    @property
    def first(self) -> str:
        return self._choice

    def states(self, start: str) -> dict[str, dict[str, Any]]:
        """The states; `start` is what follows them."""
        unknown, missing = f"{self._choice}:unknown", f"{self._choice}:missing"
        found = {
            self._choice: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": expression(f"$count({self._unknown()}) > 0"), "Next": unknown},
                    *self._when_missing(missing),
                ],
                "Default": self._run,
            },
            unknown: _fail("flowc.UnknownParameter", self._told_unknown()),
        }
        if self._required:
            told = joined(quoted("give a value for: "), f"$join({self._missing()}, ', ')")
            found[missing] = _fail("flowc.MissingParameter", told)
        return {**found, self._run: self._begun(start)}

    def _when_missing(self, then: str) -> list[dict[str, str]]:
        if not self._required:
            return []
        return [{"Condition": expression(f"$count({self._missing()}) > 0"), "Next": then}]

    def _missing(self) -> str:
        return _without(listed(_names(self._required)), f"$keys({GIVEN})")

    def _unknown(self) -> str:
        return _without(f"$keys({GIVEN})", listed(self._known))

    def _told_unknown(self) -> str:
        known = ", ".join(self._known) or "none"
        return joined(
            quoted("the flow has no parameter "),
            f"$join({self._unknown()}, ', ')",
            quoted(f"; it has {known}"),
        )

    def _begun(self, start: str) -> dict[str, Any]:
        run = joined(quoted(RUN_PREFIX), "$states.context.Execution.Name")
        return {"Type": "Pass", "Output": {"run": expression(run), "path": "t"}, "Next": start}


def _assigned(flow: Flow, bucket: Bucket) -> dict[str, str]:
    """The variables that tell what an event gives, and which of several it is."""
    if not flow.triggers:
        return {}
    from flowc.targets.step_functions import events  # noqa: PLC0415 (few flows)

    given = events.given_parameters(flow)
    found = {EVENT_GIVEN[1:]: expression(given)} if given else {}
    if not events.gathered(flow):
        return found
    from flowc.targets.step_functions.gathering import event_expression  # noqa: PLC0415 (few)

    return {**found, "event": expression(event_expression(flow, bucket))}


def _of_event(
    flow: Flow, bucket: Bucket, assigned: dict[str, str], then: str
) -> dict[str, dict[str, Any]]:
    """What comes before all else where an event may have started the execution, or nothing."""
    if not assigned:
        return {}
    if "event" not in assigned:
        return {_EVENT: {"Type": "Pass", "Assign": assigned, "Next": then}}
    from flowc.targets.step_functions.gathering import Gathering  # noqa: PLC0415 (few flows)

    first = {"Type": "Pass", "Assign": assigned, "Next": f"{_EVENT}:which"}
    return {_EVENT: first, **Gathering(flow, bucket, _EVENT, then).states()}


def _names(parameters: list[Parameter]) -> list[str]:
    return [parameter.name for parameter in parameters]


def _without(names: str, others: str) -> str:
    """The names that are not among the others. Step Functions knows no bare `$`, as in a filter."""
    return f"$filter({names}, function($name) {{ $not($name in {others}) }})"


def _fail(error: str, cause: str) -> dict[str, Any]:
    return {"Type": "Fail", "Error": error, "Cause": expression(cause)}
