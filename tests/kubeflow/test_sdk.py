"""What is emitted beside what kfp's SDK compiles for the same, written by hand.

Names are the SDK's or the flow's. What else differs on purpose:

- Regions are given the `path` at which they are, and each arm the step that it is for, where the
  SDK negates the conditions before it.
- A join, or what follows a switch, comes after the region. The SDK lets only those come after one
  who take its results.
- The SDK writes resources twice, also as numbers, for backends that know no texts.
- The SDK gives each task an executor of its own; here, all tasks of a step share one.
- The SDK's default for caching is on, and so it marks tasks only; regions are as good as marked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubeflow.compiled import OPTIONS, compiled

from flowc.driver import read_flow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubeflow.local_runs import Kfp

FLOW = """
from flowc import FlowSpec, Parameter, environment, kubernetes, resources, retry, step


class SomeFlow(FlowSpec):
{parameters}
{decorators}
    @step
    def start(self):
        {start}
{others}
    @step
    def end(self):
        pass
"""

OTHER = """
    @step
    def {}(self{}):
        self.next(self.{})
"""

LINEAR = FLOW.format(
    parameters="""
    who = Parameter("who", required=True)
    count = Parameter("count", default=2)
    factor = Parameter("factor", default=0.5)
    loud = Parameter("loud", default=False)
""",
    decorators="",
    start="self.next(self.end)",
    others="",
)
FOREACH = FLOW.format(
    parameters="",
    decorators="",
    start="self.items = [1, 2]; self.next(self.work, foreach='items')",
    others=OTHER.format("work", "", "join") + OTHER.format("join", ", inputs", "end"),
)
SWITCH = FLOW.format(
    parameters="",
    decorators="",
    start="self.way = 1; self.next({1: self.a, 2: self.b}, condition='way')",
    others=OTHER.format("a", "", "end") + OTHER.format("b", "", "end"),
)
RETRY = FLOW.format(
    parameters="",
    decorators="""
    @retry(times=2, minutes_between_retries=1)
    @resources(cpu=0.5, memory=8000, gpu=1)
    @environment(vars={"WORD": "hello"})
""",
    start="self.next(self.end)",
    others="",
)

# What the SDK's names are here, longer ones first.
CASES = {
    "linear": (LINEAR, {"given": "start", "plain": "end"}),
    "foreach": (
        FOREACH,
        {
            "pipelinechannel--counting-Output-loop-item": "path",
            "counting": "start",
            "for-loop-1": "start-foreach",
            "plain": "work",
        },
    ),
    "switch": (
        SWITCH,
        {
            "!(inputs.parameter_values['pipelinechannel--choosing-Output'] == 'a')": (
                "inputs.parameter_values['next'] == 'b'"
            ),
            "pipelinechannel--choosing-Output": "next",
            "choosing": "start",
            "condition-branches-1": "start-switch",
            "condition-2": "to-a",
            "condition-3": "to-b",
            "plain": "a",
            "other": "b",
        },
    ),
    "retry": (RETRY, {"other": "start", "plain": "end"}),
}
FOLLOWS = {"foreach": {"join", "end"}, "switch": {"end"}}
TWICE = {"cpuRequest", "memoryRequest", "memoryLimit", "type", "count"}


@pytest.mark.parametrize("name", CASES)
def test_pipelines_are_as_the_sdk_would_have_them(name: str, kfp: Kfp, tmp_path: Path) -> None:
    text, names = CASES[name]
    (tmp_path / "flow.py").write_text(text)
    reading = read_flow(str(tmp_path / "flow.py"))
    assert reading.flow, reading.diagnostics

    ours = shape(json.loads(json.dumps(compiled(reading.flow).documents[0])))
    theirs = shape(yaml.safe_load(kfp.compiled(name)))

    for step in FOLLOWS.get(name, ()):
        del ours["tasks"][step]
    if name == "switch":
        ours, theirs = without_path(ours), without_path(theirs)
    assert ours == renamed(theirs, names)


def shape(pipeline: Mapping[str, Any], component: Mapping[str, Any] | None = None) -> Any:
    """A component, the whole pipeline by default, with those of its tasks in their places."""
    component = pipeline["root"] if component is None else component
    kept = {
        name: component[name]
        for name in ("inputDefinitions", "outputDefinitions")
        if name in component
    }
    if "dag" in component:
        return {
            **kept,
            "tasks": {
                name: _task(pipeline, task) for name, task in component["dag"]["tasks"].items()
            },
        }
    container = pipeline["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
    return {**kept, "image": container["image"], "env": _own(container.get("env", ()))}


def _task(pipeline: Mapping[str, Any], task: Mapping[str, Any]) -> Any:
    component = pipeline["components"][task["componentRef"]["name"]]
    kept = {name: value for name, value in task.items() if name != "componentRef"}
    return {"cachingOptions": {}, **kept, "component": shape(pipeline, component)}


def _own(variables: Any) -> Any:
    return [each for each in variables if not each["name"].startswith("FLOWC_")]


def without_path(value: Any) -> Any:
    """The value without the path that regions are given."""
    match value:
        case dict():
            return {key: without_path(each) for key, each in value.items() if key != "path"}
        case _:
            return value


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """The value with other names, in keys and texts."""
    match value:
        case dict():
            return {renamed(key, names): renamed(each, names) for key, each in value.items()}
        case list():
            return [renamed(each, names) for each in value]
        case str():
            for old, new in names.items():
                value = value.replace(old, new)
            return value
        case _:
            return value


def test_resources_are_as_the_sdk_writes_them(kfp: Kfp, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(RETRY)
    reading = read_flow(str(tmp_path / "flow.py"))
    assert reading.flow, reading.diagnostics
    ours = compiled(reading.flow, OPTIONS).documents[0]["deploymentSpec"]["executors"]
    theirs = yaml.safe_load(kfp.compiled("retry"))["deploymentSpec"]["executors"]

    assert _once(ours["exec-start"]["container"]["resources"]) == _once(
        theirs["exec-other"]["container"]["resources"]
    )


def _once(resources: Any) -> Any:
    return {
        name: _once(each) if isinstance(each, dict) else each
        for name, each in resources.items()
        if name not in TWICE
    }
