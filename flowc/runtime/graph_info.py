"""The artifact `_graph_info`: the steps of a flow, as Metaflow describes them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from flowc.runtime.plan import Plan, Step

_TYPES = {
    "end": "end",
    "foreach": "split-foreach",
    "gang": "split-parallel",
    "split": "split-static",
    "switch": "split-switch",
}


def describe(plan: Plan) -> dict[str, Any]:
    """What the Client must know to walk from task to task."""
    return {
        "file": plan.file,
        "start_step": plan.start,
        "end_step": plan.end,
        "steps": {step.name: _step(step, plan.start) for step in plan.steps.values()},
    }


def _step(step: Step, start: str) -> dict[str, Any]:
    plain = "join" if step.join else "start" if step.name == start else "linear"
    entries: dict[str, Any] = {
        "name": step.name,
        "type": _TYPES.get(step.kind, plain),
        "line": step.line,
        "next": step.next,
    }
    artifact = {"foreach": "foreach_artifact", "switch": "condition"}.get(step.kind)
    return {**entries, artifact: step.artifact} if artifact else entries
