"""Regions as states. The state of an execution is where it stands: `{run, path[, control]}`.

`run` is what all tasks of a run share: `{id, environment}`. A step that decides something is
followed by a state that reads what it decided from its done record in the store; what needs that
comes right after, and leaves it out of its output.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from flowc.ir.region import Arm, Block, Emits, Foreach, Loop, Region, Split, Switch, Task
from flowc.names import Names
from flowc.targets.blocks import with_exits
from flowc.targets.step_functions.fan import INLINE_CONCURRENCY
from flowc.targets.step_functions.gangs import Names as GangNames
from flowc.targets.step_functions.gangs import gang_states, head
from flowc.targets.step_functions.jsonata import (
    COUNT,
    FIRST,
    INPUT,
    LATCH_PATH,
    NEXT,
    PATH,
    RUN,
    expression,
    joined,
    quoted,
)
from flowc.targets.step_functions.tasks import Tasks

State: TypeAlias = dict[str, Any]

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
NAME_LIMIT = 80
LABEL_LIMIT = 40

# The items of a foreach must fit the 256 KiB of a state together, and what they give back, too.
MOST_ITEMS = 20_000

_ITEM_PATH = joined(PATH, quoted("."), "$string($states.context.Map.Item.Value)")

# What a branch or an item gives back is thrown away, and all of it together must be small.
_NOTHING: State = {}


class States:
    """Makes the states of one state machine, within which all names are unique."""

    def __init__(self, tasks: Tasks, max_workers: int, apart: frozenset[str]) -> None:
        """The foreaches of the steps `apart` give each item an execution of its own."""
        self._tasks = tasks
        self._max_workers = max_workers
        self._apart = apart
        self._names = Names(NAME_LIMIT)
        self._labels = Names(LABEL_LIMIT)

    def name(self, wanted: str) -> str:
        """A name for a state of the caller's own."""
        return self._names.take(wanted)

    def machine(self, block: Block, *, is_item: bool = True) -> State:
        """A block as a machine of its own; that of a branch or an item gives nothing back."""
        states: dict[str, State] = {}
        first = self._block(block, None, states)
        if is_item:
            for state in states.values():
                if state.get("End"):
                    state["Output"] = _NOTHING
        return {"StartAt": first, "States": states}

    def _block(self, block: Block, then: str | None, states: dict[str, State]) -> str | None:
        """Add the states of a block; the name of the first, or `then` if there is none."""
        regions = tuple(with_exits(block))
        names = [self._names.take(_wanted(region)) for region, _ in regions]
        following = [*names, then][1:]
        for (region, exits), name, after in zip(regions, names, following, strict=True):
            self._region(region, exits, name, after, states)
        return names[0] if names else then

    def _region(
        self,
        region: Region,
        exits: tuple[Arm, ...],
        name: str,
        then: str | None,
        states: dict[str, State],
    ) -> None:
        match region:
            case Task():
                self._task(region, name, then, states)
            case Split(_, branches):
                states[name] = _onward(self._parallel(branches), then)
            case Foreach():
                self._foreach(region, name, then, states)
            case Switch(_, arms):
                states[name] = {"Type": "Choice"}
                rules = self._rules(arms, PATH, then, states)
                states[name]["Choices"] = rules
            case Loop():
                self._loop(region, exits, name, then, states)
            case _:
                assert_never(region)

    def _task(self, task: Task, name: str, then: str | None, states: dict[str, State]) -> None:
        if task.emits is Emits.NOTHING:
            states[name] = _onward(self._tasks.job(task.step), then)
            return
        reading = self._names.take(f"{task.step}:control")
        states[name] = _onward(self._tasks.job(task.step), reading)
        states[reading] = _onward(self._tasks.control(task.step), then)

    def _parallel(self, branches: tuple[Block, ...]) -> State:
        return {
            "Type": "Parallel",
            "Branches": [self.machine(branch) for branch in branches],
            "Output": expression(INPUT),
        }

    def _foreach(
        self, foreach: Foreach, name: str, then: str | None, states: dict[str, State]
    ) -> None:
        request = self._tasks.jobs.gang(head(foreach)) if foreach.gang else None
        if request is not None:
            self._gang(dict(request), head(foreach), name, then, states)
        elif foreach.at in self._apart:
            self._map_apart(foreach, name, then, states)
        else:
            states[name] = _onward(self._map(foreach), then)

    def _gang(
        self, request: State, step: str, name: str, then: str | None, states: dict[str, State]
    ) -> None:
        """A gang as one job."""
        others = (f"{step}:{kind}" for kind in ("wait", "look", "ended", "again", "failed", "done"))
        names = GangNames(name, *map(self._names.take, others))
        states.update(gang_states(request, self._tasks.flow.steps[step].policy, names))
        states[names.done] = _onward({"Type": "Pass", "Output": _place(PATH)}, then)

    def _map(self, foreach: Foreach) -> State:
        """The items within the execution."""
        # The members of a gang wait for each other: a cap would let them wait for ever.
        most = 0 if foreach.gang else min(self._max_workers, INLINE_CONCURRENCY)
        return {
            "Type": "Map",
            "Items": expression(f"[0..{COUNT} - 1]"),
            "ItemSelector": _place(_ITEM_PATH),
            "MaxConcurrency": most,
            "ItemProcessor": self._processor({"Mode": "INLINE"}, foreach),
            "Output": _place(PATH),
        }

    def _map_apart(
        self, foreach: Foreach, name: str, then: str | None, states: dict[str, State]
    ) -> None:
        """Each item an execution; where there are too many for one state, some after others."""
        more = self._names.take(f"{foreach.at}:more")
        last = f"$min([{FIRST} + {MOST_ITEMS}, {COUNT}]) - 1"
        mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        states[name] = {
            "Type": "Map",
            "Items": expression(f"[{FIRST}..{last}]"),
            "ItemSelector": _place(_ITEM_PATH),
            "MaxConcurrency": 0 if foreach.gang else self._max_workers,
            "Label": self._labels.take(foreach.at),
            "ItemProcessor": self._processor(mode, foreach),
            "Output": expression(f"$merge([{INPUT}, {{'first': {FIRST} + {MOST_ITEMS}}}])"),
            "Next": more,
        }
        out = then or self._end(Arm(foreach.at, ()), states)
        again = {"Condition": expression(f"{FIRST} < {COUNT}"), "Next": name}
        left = expression(f"{FIRST} >= {COUNT}")
        rules = [again, {"Condition": left, "Output": _place(PATH), "Next": out}]
        states[more] = {"Type": "Choice", "Choices": rules}

    def _processor(self, mode: dict[str, str], foreach: Foreach) -> State:
        return {"ProcessorConfig": mode, **self.machine(foreach.body)}

    def _rules(
        self, arms: tuple[Arm, ...], path: str, then: str | None, states: dict[str, State]
    ) -> list[State]:
        """A rule for each arm; a choice that has none ends the execution as such."""
        rules = []
        for arm in arms:
            first = self._block(arm.body, then, states) or self._end(arm, states)
            condition = expression(f"{NEXT} = {quoted(arm.to)}")
            rules.append({"Condition": condition, "Output": _place(path), "Next": first})
        return rules

    def _end(self, arm: Arm, states: dict[str, State]) -> str:
        name = self._names.take(f"{arm.to}:merge")
        states[name] = {"Type": "Pass", "End": True}
        return name

    def _loop(
        self,
        loop: Loop,
        exits: tuple[Arm, ...],
        name: str,
        then: str | None,
        states: dict[str, State],
    ) -> None:
        latch = self._names.take(f"{loop.at}:loop")
        states[name] = {"Type": "Pass", "Output": _place(joined(PATH, quoted(".r0")))}
        first = self._block(loop.body, latch, states)
        states[name]["Next"] = first
        again = expression(f"{NEXT} = {quoted(loop.to)}")
        rules = [{"Condition": again, "Output": _place(LATCH_PATH), "Next": first}]
        states[latch] = {"Type": "Choice", "Choices": rules}
        if exits:
            rules += self._rules(exits, LATCH_PATH, then, states)
            return
        out = then or self._end(Arm(loop.at, ()), states)
        left = expression(f"{NEXT} != {quoted(loop.to)}")
        rules.append({"Condition": left, "Output": _place(LATCH_PATH), "Next": out})


def _wanted(region: Region) -> str:
    match region:
        case Task(step):
            return step
        case Split(at):
            return f"{at}:split"
        case Foreach(at):
            return f"{at}:foreach"
        case Switch(at):
            return f"{at}:switch"
        case Loop(at):
            return f"{at}:enter"
        case _:
            assert_never(region)


def _place(path: str) -> State:
    return {"run": expression(RUN), "path": expression(path)}


def _onward(state: State, then: str | None) -> State:
    return {**state, **({"Next": then} if then else {"End": True})}
