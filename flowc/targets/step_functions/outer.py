"""States around a whole flow, loaded where something comes after it, however it has ended.

The flow is the one branch of a Parallel, so that one place catches whatever fails in it. An
execution that is stopped ends without any of this: nothing catches that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowc.ir.exit_hooks import Outcome
from flowc.ir.flow import Flow
from flowc.targets.step_functions.jsonata import INPUT, PATH, RUN, expression

if TYPE_CHECKING:
    from flowc.targets.step_functions.states import State, States
    from flowc.targets.step_functions.tasks import Tasks

_SUCCEEDED = {"Type": "Pass", "End": True}
_FAILED = {
    "Type": "Fail",
    # The names that begin with `States.` are for Step Functions alone to give.
    "Error": expression(f"$replace({INPUT}.error.Error, 'States.', 'flowc.')"),
    "Cause": expression(f"{INPUT}.error.Cause"),
}


def with_outer(flow: Flow, machine: State, states: States, tasks: Tasks) -> State:
    """The machine as a state of another one, followed by what comes after the flow."""
    whole = states.name("flowc:flow")
    succeeded = _after(flow, Outcome.SUCCESS, states, tasks)
    failed = _after(flow, Outcome.ERROR, states, tasks)
    branch: State = {"Type": "Parallel", "Branches": [machine], "Output": expression(INPUT)}
    if failed:
        branch["Catch"] = [_caught(next(iter(failed)))]
    onward = {"Next": next(iter(succeeded))} if succeeded else {"End": True}
    return {"StartAt": whole, "States": {whole: {**branch, **onward}, **succeeded, **failed}}


def _after(flow: Flow, outcome: Outcome, states: States, tasks: Tasks) -> dict[str, State]:
    """The states after such an end, and one that ends the execution; none if there are none."""
    end = states.name(f"flowc:{outcome}")
    found: dict[str, State] = {}
    if flow.exit_hooks:
        from flowc.targets.step_functions.exit_hooks import calls  # noqa: PLC0415 (few flows)

        found = calls(flow, outcome, states, tasks, end)
    queues = tasks.gang_queues
    if queues and outcome is Outcome.ERROR:
        from flowc.targets.step_functions.left_jobs import left_jobs  # noqa: PLC0415 (few flows)

        found = {**left_jobs(flow, queues, states, next(iter(found), end)), **found}
    last = _SUCCEEDED if outcome is Outcome.SUCCESS else _FAILED
    return {**found, end: last} if found else {}


def _caught(first: str) -> State:
    told = {"run": expression(RUN), "path": expression(PATH)}
    error = {"error": expression("$states.errorOutput")}
    return {"ErrorEquals": ["States.ALL"], "Output": {**told, **error}, "Next": first}
