"""Regions as DAGs: a flow's own, and one for each loop of several steps.

A step that may run several times is one mapped task over a list of paths. `fan` makes such a list
from what a foreach counted, however deep it lies, and `pick` from what a switch chose, so that an
arm which nobody chose is a list without entries.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias, assert_never

from flowc.ir.flow import Flow, Step
from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task
from flowc.targets.airflow.identifiers import Identifiers
from flowc.targets.airflow.python_text import Call, Expression, Name
from flowc.targets.blocks import with_exits

# What a step's task is told besides its name and place.
StepArguments: TypeAlias = Callable[[Step], Mapping[str, Expression]]


@dataclass(frozen=True, slots=True)
class Statement:
    """A task of a DAG, by the variable that names it; the text is an expression of Python."""

    variable: str
    call: Call


@dataclass(frozen=True, slots=True)
class Dag:
    """A DAG's statements in order. `ends` are the variables that nothing comes after."""

    dag_id: str
    statements: tuple[Statement, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a region stands: over which list of paths, and after which tasks.

    The paths may be those of a gang, whose tasks must all run at once.
    """

    over: str = ""
    after: tuple[str, ...] = ()
    gang: bool = False

    def following(self, *after: str) -> _Place:
        return replace(self, after=after or self.after)


@dataclass(slots=True)
class _Tasks:
    """The statements of one DAG as they come."""

    names: Identifiers
    statements: list[Statement] = field(default_factory=list)

    def add(
        self,
        wanted: str,
        function: str,
        positional: tuple[Expression, ...],
        keywords: Mapping[str, Expression],
    ) -> str:
        """Add a task that runs no step, under an id as wanted; returns its variable."""
        variable, task_id = self.names.take(wanted)
        self.statements.append(
            Statement(variable, Call(function, (task_id, *positional), keywords))
        )
        return variable

    def add_operator(self, wanted: str, operator: str, keywords: Mapping[str, Expression]) -> str:
        """Add a task that is an operator of Airflow's own; returns its variable."""
        variable, task_id = self.names.take(wanted)
        words = {"task_id": task_id, **keywords}
        self.statements.append(Statement(variable, Call(operator, (), words)))
        return variable

    def add_step(self, step: str, keywords: Mapping[str, Expression]) -> str:
        """Add a task of a step; returns its variable."""
        variable, task_id = self.names.of_step(step)
        own: Mapping[str, Expression] = {"task_id": task_id} if task_id != step else {}
        self.statements.append(Statement(variable, Call("step", (step,), {**own, **keywords})))
        return variable


class Dags:
    """The DAGs of a flow, the flow's own first."""

    def __init__(self, flow: Flow, dag_id: str, arguments: StepArguments) -> None:
        self._flow = flow
        self._arguments = arguments
        self._dag_id = dag_id
        self._loops: dict[Hashable, str] = {}
        self._children: list[Dag] = []
        self._taken = {dag_id}

    def made(self) -> tuple[Dag, ...]:
        """All DAGs; one that another starts comes after it."""
        tasks = self._tasks()
        sensors = self._sensors(tasks)
        ends = self._block(self._flow.body, _Place(after=sensors), tasks)
        self._hooks(ends, tasks)
        return (Dag(self._dag_id, tuple(tasks.statements), ends), *self._children)

    def _sensors(self, tasks: _Tasks) -> tuple[str, ...]:
        """Add what is waited for; the tasks after which the flow may start."""
        if not self._flow.sensors:
            return ()
        from flowc.targets.airflow import sensors  # noqa: PLC0415 (few flows have any)

        added = [
            tasks.add_operator(*sensors.named(each), sensors.arguments_of(each))
            for each in self._flow.sensors
        ]
        if not any(each.polling.soft_fail for each in self._flow.sensors):
            return tuple(added)
        after: list[Expression] = [Name(variable) for variable in added]
        return (tasks.add("sensed", "unless_skipped", (after,), {}),)

    def _hooks(self, ends: tuple[str, ...], tasks: _Tasks) -> None:
        """Add what is called when a run has ended, whatever its outcome."""
        if not self._flow.exit_hooks:
            return
        from flowc.targets.airflow.exit_hooks import hook_steps  # noqa: PLC0415 (few flows)

        after: list[Expression] = [Name(variable) for variable in ends]
        for wanted, hook in hook_steps(self._flow):
            words = self._arguments(hook)
            tasks.add(wanted, "hook", (hook.name,), {"after": after, **words})

    def _tasks(self) -> _Tasks:
        return _Tasks(Identifiers(self._flow.steps))

    def _block(self, block: Block, place: _Place, tasks: _Tasks) -> tuple[str, ...]:
        """Add a block; the tasks after which what follows it may start."""
        for region, exits in with_exits(block):
            place = place.following(*self._region(region, exits, place, tasks))
        return place.after

    def _region(
        self, region: Region, exits: tuple[Arm, ...], place: _Place, tasks: _Tasks
    ) -> tuple[str, ...]:
        match region:
            case Task(step, emits):
                return (self._step(step, place, tasks, decides=bool(emits)),)
            case Split(_, branches):
                ends = (self._block(branch, place, tasks) for branch in branches)
                return tuple(chain.from_iterable(ends))
            case Foreach():
                return self._foreach(region, place, tasks)
            case Switch(at, arms):
                return self._arms(at, arms, place, tasks)
            case Loop(at, _, (Task(),)):
                return self._self_loop(at, exits, place, tasks)
            case Loop():
                return (self._loop(region, exits, place, tasks),)
            case _:
                assert_never(region)

    def _step(
        self, step: str, place: _Place, tasks: _Tasks, *, decides: bool, **more: Expression
    ) -> str:
        keywords = {
            **_placed(place),
            **({"gang": True} if place.gang else {}),
            **({"decides": True} if decides else {}),
            **more,
            **self._arguments(self._flow.steps[step]),
        }
        return tasks.add_step(step, keywords)

    def _foreach(self, foreach: Foreach, place: _Place, tasks: _Tasks) -> tuple[str, ...]:
        (opener,) = place.after
        wanted = f"{foreach.at}_gang" if foreach.gang else f"{foreach.at}_fan"
        # The members of a gang wait for each other, so that each is a task of its own.
        words: Mapping[str, Expression] = {"gang": True} if foreach.gang else {}
        paths = tasks.add(wanted, "fan", (Name(opener),), words)
        return self._block(foreach.body, _Place(paths, gang=foreach.gang), tasks)

    def _arms(self, at: str, arms: Sequence[Arm], place: _Place, tasks: _Tasks) -> tuple[str, ...]:
        (chooser,) = place.after
        ends: list[str] = []
        for arm in arms:
            if arm.body:
                paths = tasks.add(f"{at}_to_{arm.to}", "pick", (Name(chooser), arm.to), {})
                ends += self._block(arm.body, _Place(paths), tasks)
        return tuple(ends)

    def _self_loop(
        self, at: str, exits: tuple[Arm, ...], place: _Place, tasks: _Tasks
    ) -> tuple[str, ...]:
        """A loop of one step, which runs in one container from its first round to its last."""
        task = self._step(at, place, tasks, decides=bool(exits), loop=True)
        return self._arms(at, exits, place.following(task), tasks) if exits else (task,)

    def _loop(self, loop: Loop, exits: tuple[Arm, ...], place: _Place, tasks: _Tasks) -> str:
        child = self._child(loop, exits)
        return tasks.add(f"{loop.at}_loop", "rounds", (child,), _placed(place))

    def _child(self, loop: Loop, exits: tuple[Arm, ...]) -> str:
        """The id of the DAG that is a round of the loop; the last one runs its exits, too."""
        key = (loop, exits)
        if key in self._loops:
            return self._loops[key]
        dag_id = self._free_id(f"{self._dag_id}.{loop.at}")
        self._loops[key] = dag_id
        place_in_order = len(self._children)
        tasks = self._tasks()
        after = self._block(loop.body, _Place(), tasks)
        latch = _Place(after=after)
        (decided,) = after
        again = tasks.add(f"{loop.at}_to_{loop.to}", "pick", (Name(decided), loop.to), {})
        next_round = tasks.add(f"{loop.at}_again", "rounds", (dag_id,), _placed(_Place(again)))
        ends = (next_round, *self._arms(loop.at, exits, latch, tasks))
        self._children.insert(place_in_order, Dag(dag_id, tuple(tasks.statements), ends))
        return dag_id

    def _free_id(self, wanted: str) -> str:
        numbered = (wanted if number == 1 else f"{wanted}.{number}" for number in range(1, 10**6))
        free = next(dag_id for dag_id in numbered if dag_id not in self._taken)
        self._taken.add(free)
        return free


def _placed(place: _Place) -> dict[str, Expression]:
    after: list[Expression] = [Name(variable) for variable in place.after]
    return {
        **({"over": Name(place.over)} if place.over else {}),
        **({"after": after} if after else {}),
    }
