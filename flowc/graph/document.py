"""`--format json`: the flow for programs, as `schema.json` beside this file describes it.

What is added later leaves `version` as it is; only what breaks a reader counts it up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, assert_never

from flowc.graph.deployment import deployment
from flowc.graph.step_graph import step_graph, steps_in_order
from flowc.ir.flow import Decorator, Flow, Import, Parameter, Step, Target, Unknown, Value
from flowc.ir.needs import Need, needs_of_metaflow
from flowc.ir.references import FunctionName
from flowc.ir.region import Block, Foreach, Loop, Region, Split, Switch, Task

VERSION = 1


def render_json(flow: Flow) -> str:
    """The flow as indented JSON, its steps in the order in which they may run."""
    order = steps_in_order(step_graph(flow).members)
    document = {
        "version": VERSION,
        "name": flow.name,
        "file": flow.file,
        "line": flow.span.line,
        **({"module": flow.module} if flow.module else {}),
        "doc": flow.doc,
        "start": flow.start,
        "end": flow.end,
        "parameters": [_parameter(parameter) for parameter in flow.parameters],
        "decorators": [_decorator(decorator) for decorator in flow.decorators],
        "needs_metaflow": [_need(need) for need in needs_of_metaflow(flow)],
        **deployment(flow),
        "steps": [_step(flow.steps[name]) for name in order],
        "regions": _block(flow.body),
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "attribute": parameter.attribute,
        "kind": parameter.kind.value,
        "line": parameter.span.line,
        "required": parameter.required,
        "default": _value(parameter.default),
        **({"computed": True} if parameter.computed else {}),
        "help": parameter.help,
    }


def _step(step: Step) -> dict[str, Any]:
    transition = step.transition
    return {
        "name": step.name,
        "kind": step.kind.value,
        "join": step.joins,
        "line": step.span.line,
        **({"file": step.file} if step.file else {}),
        "doc": step.doc,
        "artifact": transition.artifact if transition else "",
        "targets": [_target(target) for target in (transition.targets if transition else ())],
        "decorators": [_decorator(decorator) for decorator in step.decorators],
    }


def _target(target: Target) -> dict[str, Any]:
    case = {} if target.case is None else {"case": target.case}
    return {"step": target.step, "line": target.span.line, **case}


def _decorator(decorator: Decorator) -> dict[str, Any]:
    return {
        "name": decorator.name,
        "origin": decorator.origin.value,
        "line": decorator.span.line,
        "positional": [_value(value) for value in decorator.positional],
        "arguments": {name: _value(value) for name, value in decorator.arguments.items()},
    }


def _need(need: Need) -> dict[str, Any]:
    match need.what:
        case Decorator(name=name):
            what = {"decorator": name}
        case Import(name=name):
            what = {"import": name}
        case _:
            assert_never(need.what)
    return {**what, "step": need.step, "line": need.span.line, "why": need.why}


def _value(value: Value) -> Any:
    """The value; what JSON or flowc cannot tell is an object with the source text."""
    match value:
        case FunctionName(path=path) if path:
            return path
        case Unknown(_, text):
            return {"unknown": text}
        case float() if not math.isfinite(value):
            return {"unknown": repr(value)}
        case tuple():
            return [_value(item) for item in value]
        case Mapping():
            return {str(name): _value(item) for name, item in value.items()}
        case _:
            return value


def _block(block: Block) -> list[dict[str, Any]]:
    return [_region(region) for region in block]


def _region(region: Region) -> dict[str, Any]:
    match region:
        case Task(step):
            return {"type": "task", "step": step}
        case Split(at, branches):
            return {"type": "split", "at": at, "branches": [_block(branch) for branch in branches]}
        case Foreach(at, body, gang):
            return {"type": "gang" if gang else "foreach", "at": at, "body": _block(body)}
        case Switch(at, arms):
            shown = [{"to": arm.to, "body": _block(arm.body)} for arm in arms]
            return {"type": "switch", "at": at, "arms": shown}
        case Loop(at, to, body):
            return {"type": "loop", "at": at, "to": to, "body": _block(body)}
        case _:
            assert_never(region)
