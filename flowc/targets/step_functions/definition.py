"""The definition of a flow's state machine, in Amazon States Language."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowc.ir.flow import Flow, Parameter
from flowc.targets.bucket import Bucket
from flowc.targets.step_functions.fan import Fan, distributed
from flowc.targets.step_functions.given import given, given_text, inexact
from flowc.targets.step_functions.jsonata import (
    EVENT_GIVEN,
    EXECUTION_INPUT,
    expression,
    joined,
    listed,
    quoted,
    variable,
)
from flowc.targets.step_functions.states import States
from flowc.targets.step_functions.tasks import Tasks

# The beginning of a run's id: Metaflow takes one of digits only for its own service's.
RUN_PREFIX = "sfn-"

_EVENT = "flowc:event"

_INEXACT = "numbers of more than 15 digits can only be given as text: "


def state_machine(flow: Flow, tasks: Tasks, fan: Fan, comment: str) -> dict[str, Any]:
    """The definition; an execution's input is an event, or `parameters`, `origin` and `from`."""
    states = States(tasks, fan.max_workers, distributed(flow.body, fan))
    names = states.name("flowc:parameters"), states.name("flowc:run")
    checks = _Checks(flow, *names, room=tasks.jobs.room)
    of_event = _of_event(flow, tasks.bucket, checks.first)
    is_inner = bool(flow.exit_hooks or tasks.gang_queues)
    machine = states.machine(flow.body, is_item=is_inner)
    if is_inner:
        from flowc.targets.step_functions.outer import with_outer  # noqa: PLC0415 (few flows)

        machine = with_outer(flow, machine, states, tasks)
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": next(iter(of_event), checks.first),
        "States": {**of_event, **checks.states(machine["StartAt"]), **machine["States"]},
    }


def compact(definition: dict[str, Any]) -> str:
    """A definition as AWS gets it."""
    return json.dumps(definition, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Check:
    """What ends an execution, and what is told of it, both as expressions."""

    name: str
    fails: str
    error: str
    told: str


class _Checks:
    """What comes before the first step: the input is looked at, and the run gets its id.

    A container would find out the same, minutes later.
    """

    def __init__(self, flow: Flow, choice: str, run: str, *, room: int) -> None:
        self._room = room if flow.parameters else 0
        self._given = given(flow)
        self._text = given_text(flow)
        self._inexact = inexact(flow) if flow.parameters else ""
        self._known = [parameter.name for parameter in flow.parameters]
        self._required = [parameter for parameter in flow.parameters if parameter.required]
        self._choice = choice
        self._run = run

    @property
    def first(self) -> str:
        return self._choice

    def states(self, start: str) -> dict[str, dict[str, Any]]:
        """The states; `start` is what follows them."""
        checks = {f"{self._choice}:{check.name}": check for check in self._all()}
        rules = [
            {"Condition": expression(check.fails), "Next": name} for name, check in checks.items()
        ]
        return {
            self._choice: {"Type": "Choice", "Choices": rules, "Default": self._run},
            **{name: _fail(check.error, check.told) for name, check in checks.items()},
            self._run: self._begun(start),
        }

    def _all(self) -> Iterator[_Check]:
        fails = f"$count({self._unknown()}) > 0"
        yield _Check("unknown", fails, "flowc.UnknownParameter", self._told_unknown())
        if self._required:
            # What is not given comes from the run that is resumed.
            alone = f"$not($exists({EXECUTION_INPUT}.origin))"
            fails = f"{alone} and $count({self._missing()}) > 0"
            told = joined(quoted("give a value for: "), f"$join({self._missing()}, ', ')")
            yield _Check("missing", fails, "flowc.MissingParameter", told)
        if self._room:
            told = quoted(f"the parameters have more than {self._room} characters in all")
            yield _Check("large", self._is_large(), "flowc.LargeParameters", told)
        if self._inexact:
            fails = f"$count({self._inexact}) > 0"
            told = joined(quoted(_INEXACT), f"$join({self._inexact}, ', ')")
            yield _Check("inexact", fails, "flowc.InexactParameter", told)

    def _is_large(self) -> str:
        """Each quotation mark and backslash counts twice, in what a task is told in JSON."""
        twice = (f"$count($split($text, {quoted(each)}))" for each in ('"', "\\"))
        size = f"($text := {self._text}; {' + '.join(['$length($text)', *twice])})"
        return f"{size} > {self._room}"

    def _missing(self) -> str:
        return _without(listed(_names(self._required)), f"$keys({self._given})")

    def _unknown(self) -> str:
        return _without(f"$keys({self._given})", listed(self._known))

    def _told_unknown(self) -> str:
        known = ", ".join(self._known) or "none"
        return joined(
            quoted("the flow has no parameter "),
            f"$join({self._unknown()}, ', ')",
            quoted(f"; it has {known}"),
        )

    def _begun(self, start: str) -> dict[str, Any]:
        run = {
            "id": expression(joined(quoted(RUN_PREFIX), "$states.context.Execution.Name")),
            "environment": expression(f"$append({_option('origin')}, {_option('from')})"),
        }
        return {"Type": "Pass", "Output": {"run": run, "path": "t"}, "Next": start}


def _option(name: str) -> str:
    """The variable for an option of the shim that the execution's input may hold."""
    given = f"{EXECUTION_INPUT}.{name}"
    return f"($exists({given}) ? {variable(f'FLOWC_{name.upper()}', given)} : [])"


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


def _of_event(flow: Flow, bucket: Bucket, then: str) -> dict[str, dict[str, Any]]:
    """What comes before all else where an event may have started the execution, or nothing."""
    assigned = _assigned(flow, bucket)
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
