"""The definition of a flow's state machine, in Amazon States Language."""

from __future__ import annotations

from typing import Any

from flowc.ir.flow import Flow, Parameter
from flowc.targets.step_functions.jsonata import (
    GIVEN,
    GIVEN_TEXT,
    expression,
    joined,
    listed,
    quoted,
)
from flowc.targets.step_functions.states import Fan, States
from flowc.targets.step_functions.tasks import Tasks

# The beginning of a run's id: Metaflow takes one of digits only for its own service's.
RUN_PREFIX = "sfn-"


def state_machine(flow: Flow, tasks: Tasks, fan: Fan, comment: str) -> dict[str, Any]:
    """The definition; the execution's input may hold `parameters`, by name."""
    states = States(tasks, fan)
    names = states.name("flowc:parameters"), states.name("flowc:run")
    checks = _Checks(flow, *names, room=tasks.jobs.room)
    machine = states.machine(flow.body, is_item=False)
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": checks.first,
        "States": {**checks.states(machine["StartAt"]), **machine["States"]},
    }


class _Checks:
    """What comes before the first step: the input is looked at, and the run gets its id.

    A container would find out the same, minutes later.
    """

    def __init__(self, flow: Flow, choice: str, run: str, *, room: int) -> None:
        self._room = room if flow.parameters else 0
        self._known = [parameter.name for parameter in flow.parameters]
        self._required = [parameter for parameter in flow.parameters if parameter.required]
        self._choice = choice
        self._run = run

    @property
    def first(self) -> str:
        return self._choice

    def states(self, start: str) -> dict[str, dict[str, Any]]:
        """The states; `start` is what follows them."""
        unknown, missing, large = (
            f"{self._choice}:{problem}" for problem in ("unknown", "missing", "large")
        )
        found = {
            self._choice: {
                "Type": "Choice",
                "Choices": [
                    {"Condition": expression(f"$count({self._unknown()}) > 0"), "Next": unknown},
                    *self._when_missing(missing),
                    *self._when_large(large),
                ],
                "Default": self._run,
            },
            unknown: _fail("flowc.UnknownParameter", self._told_unknown()),
        }
        if self._required:
            told = joined(quoted("give a value for: "), f"$join({self._missing()}, ', ')")
            found[missing] = _fail("flowc.MissingParameter", told)
        if self._room:
            told = quoted(f"the parameters have more than {self._room} characters in all")
            found[large] = _fail("flowc.LargeParameters", told)
        return {**found, self._run: self._begun(start)}

    def _when_large(self, then: str) -> list[dict[str, str]]:
        """Each quotation mark and backslash counts twice, in what a task is told in JSON."""
        if not self._room:
            return []
        twice = (f"$count($split($text, {quoted(each)}))" for each in ('"', "\\"))
        size = f"($text := {GIVEN_TEXT}; {' + '.join(['$length($text)', *twice])})"
        return [{"Condition": expression(f"{size} > {self._room}"), "Next": then}]

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


def _names(parameters: list[Parameter]) -> list[str]:
    return [parameter.name for parameter in parameters]


def _without(names: str, others: str) -> str:
    """The names that are not among the others. Step Functions knows no bare `$`, as in a filter."""
    return f"$filter({names}, function($name) {{ $not($name in {others}) }})"


def _fail(error: str, cause: str) -> dict[str, Any]:
    return {"Type": "Fail", "Error": error, "Cause": expression(cause)}
