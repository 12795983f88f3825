"""Regions as components: a task of the pipeline for each step, and a component for each region.

What follows a switch depends on a component around its arms, which succeeds where arms are skipped;
a task that depended on an arm itself would be skipped with it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import assert_never

from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task
from flowc.names import Names
from flowc.targets.blocks import with_exits
from flowc.targets.kubeflow.leaves import Leaves
from flowc.targets.kubeflow.parts import (
    AT,
    LIST,
    OUTPUT,
    STRING,
    Part,
    constant,
    definitions,
    given,
    output_of,
    task,
    when_chosen,
)

# The path of the tasks that no region surrounds.
ROOT = "t"


@dataclass(slots=True)
class _Dag:
    """The tasks of one component as they come; `path` is where in the flow they are."""

    path: Part
    names: Names = field(default_factory=Names)
    tasks: dict[str, Part] = field(default_factory=dict)

    def take(self, wanted: str) -> str:
        """A name for a task that is to be added before the next one is named."""
        name = self.names.take(wanted)
        # The backend adds a task `NAME-driver` for each.
        while f"{name}-driver" in self.tasks or name.removesuffix("-driver") in self.tasks:
            name = self.names.take(wanted)
        return name


class Components:
    """The components of a flow; all tasks of a step share one, and equal regions but foreaches."""

    def __init__(self, leaves: Leaves, max_workers: int, max_iterations: int) -> None:
        self._leaves = leaves
        self._max_workers = max_workers
        self._max_iterations = max_iterations
        self._named: dict[Hashable, str] = {}
        self._components: dict[str, Part] = {}

    @property
    def components(self) -> dict[str, Part]:
        """The components added so far, those of regions before those of steps."""
        return {**self._components, **self._leaves.components}

    def root(self, body: Block) -> Part:
        """The component that is the whole flow."""
        dag = _Dag(constant(ROOT))
        self._block(body, (), dag)
        return {"dag": {"tasks": dag.tasks}}

    def _shared(self, key: Hashable, wanted: str, fill: Callable[[], Part]) -> str:
        if key not in self._named:
            self._named[key] = self._added(wanted, fill)
        return self._named[key]

    def _added(self, wanted: str, fill: Callable[[], Part]) -> str:
        name = self._leaves.names.take(f"comp-{wanted}")
        # Its place is before those that it is filled with.
        self._components[name] = {}
        self._components[name] = fill()
        return name

    def _inner(self, block: Block, inputs: dict[str, Part]) -> Part:
        """A component that runs a block at the path that it is given."""
        dag = _Dag(given("path"))
        self._block(block, (), dag)
        return {
            "inputDefinitions": definitions({"path": STRING, **inputs}),
            "dag": {"tasks": dag.tasks},
        }

    def _block(self, block: Block, after: tuple[str, ...], dag: _Dag) -> tuple[str, ...]:
        """Add the tasks of a block; those after which what follows it may start."""
        for region, exits in with_exits(block):
            after = self._region(region, exits, after, dag)
        return after

    def _region(
        self, region: Region, exits: tuple[Arm, ...], after: tuple[str, ...], dag: _Dag
    ) -> tuple[str, ...]:
        match region:
            case Task(step):
                return (self._step(step, after, dag),)
            case Split(_, branches):
                ends = [self._block(branch, after, dag) for branch in branches]
                return tuple(end for each in ends for end in each)
            case Foreach():
                return (self._foreach(region, after, dag),)
            case Switch(at, arms):
                return (self._switch(at, arms, after, dag),)
            case Loop(at, _, (Task(),)):
                looped = self._step(at, after, dag)
                return (self._switch(at, exits, (looped,), dag) if exits else looped,)
            case Loop():
                return (self._loop(region, exits, after, dag),)
            case _:
                assert_never(region)

    def _step(self, step: str, after: tuple[str, ...], dag: _Dag) -> str:
        name = dag.take(self._leaves.label(step))
        dag.tasks[name] = self._leaves.task(name, step, after, dag.path)
        return name

    def _foreach(self, foreach: Foreach, after: tuple[str, ...], dag: _Dag) -> str:
        (opener,) = after
        items = f"pipelinechannel--{opener}-{OUTPUT}"
        label = self._leaves.label(foreach.at)
        # The backend makes a template of each iterator, which is named by the component alone.
        component = self._added(
            f"{label}-foreach", lambda: self._inner(foreach.body, {items: LIST})
        )
        # The members of a gang wait for each other: a cap would let them wait for ever.
        cap = {} if foreach.gang else {"iteratorPolicy": {"parallelismLimit": self._max_workers}}
        iterator = {"itemInput": "path", "items": {"inputParameter": items}}
        name = dag.take(f"{label}-foreach")
        dag.tasks[name] = task(
            name,
            component,
            after,
            {items: output_of(opener)},
            parameterIterator=iterator,
            **cap,
        )
        return name

    def _switch(self, at: str, arms: tuple[Arm, ...], after: tuple[str, ...], dag: _Dag) -> str:
        (chooser,) = after
        label = self._leaves.label(at)
        component = self._shared((at, arms), f"{label}-switch", lambda: self._choice(at, arms))
        name = dag.take(f"{label}-switch")
        inputs = {"path": dag.path, "next": output_of(chooser)}
        dag.tasks[name] = task(name, component, after, inputs)
        return name

    def _choice(self, at: str, arms: tuple[Arm, ...], again: dict[str, str] | None = None) -> Part:
        """A component of which only the task of the step that was chosen runs."""
        chosen = {arm.to: self._arm(at, arm) for arm in arms if arm.body} | (again or {})
        dag = _Dag(given("path"))
        for to, component in chosen.items():
            name = dag.take(f"to-{self._leaves.label(to)}")
            inputs = {"path": dag.path, "next": given("next")}
            dag.tasks[name] = task(name, component, (), inputs, triggerPolicy=when_chosen(to))
        return {
            "inputDefinitions": definitions({"path": STRING, "next": STRING}),
            "dag": {"tasks": dag.tasks},
        }

    def _arm(self, at: str, arm: Arm) -> str:
        wanted = f"{self._leaves.label(at)}-to-{self._leaves.label(arm.to)}"
        return self._shared(("arm", arm), wanted, lambda: self._inner(arm.body, {"next": STRING}))

    def _loop(self, loop: Loop, exits: tuple[Arm, ...], after: tuple[str, ...], dag: _Dag) -> str:
        """The first round; each is a component that holds the next one, so many at most."""
        label = self._leaves.label(loop.at)
        component = self._round(loop, exits, 0)
        name = dag.take(f"{label}-loop")
        dag.tasks[name] = task(name, component, after, {"path": dag.path, "next": constant("")})
        return name

    def _round(self, loop: Loop, exits: tuple[Arm, ...], number: int) -> str:
        label = self._leaves.label(loop.at)
        if number == self._max_iterations:
            return self._leaves.too_many_rounds(loop.at, self._max_iterations)
        return self._shared(
            (loop, exits, number),
            f"{label}-round-{number}",
            lambda: self._one_round(loop, exits, number),
        )

    def _one_round(self, loop: Loop, exits: tuple[Arm, ...], number: int) -> Part:
        label = self._leaves.label(loop.at)
        again = {loop.to: self._round(loop, exits, number + 1)}
        choice = self._shared(
            ("choice", loop, exits, number),
            f"{label}-choice-{number}",
            lambda: self._choice(loop.at, exits, again),
        )
        body = self._shared(("body", loop), f"{label}-body", lambda: self._body(loop))
        decided = {"path": output_of("body", AT), "next": output_of("body")}
        return {
            "inputDefinitions": definitions({"path": STRING, "next": STRING}),
            "dag": {
                "tasks": {
                    "body": task("body", body, (), {"path": given("path")}),
                    "choice": task("choice", choice, ("body",), decided),
                }
            },
        }

    def _body(self, loop: Loop) -> Part:
        """The tasks of a round; the component tells what its last one decided."""
        dag = _Dag(given("path"))
        (latch,) = self._block(loop.body, (), dag)
        told = {
            name: {"valueFromParameter": {"producerSubtask": latch, "outputParameterKey": name}}
            for name in (OUTPUT, AT)
        }
        return {
            "inputDefinitions": definitions({"path": STRING}),
            "outputDefinitions": definitions({OUTPUT: STRING, AT: STRING}),
            "dag": {"tasks": dag.tasks, "outputs": definitions(told)},
        }
