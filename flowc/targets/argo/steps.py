"""Regions as `steps` templates: lists of step groups that run one after the other."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TypeAlias, assert_never

from flowc.ir.region import Arm, Block, Foreach, Loop, Region, Split, Switch, Task
from flowc.names import Names
from flowc.targets.argo.payload import PATH, Payload, call, output_of, parameter_names
from flowc.targets.blocks import first_step, with_exits

StepGroup: TypeAlias = list[Payload]

# The path of the tasks that no region surrounds.
_ROOT = "t"


class StepsTemplates:
    """The `steps` templates of a flow, outer before inner; `leaves` names each step's template.

    Equal regions share a template: the copies of a tail that arms share exclude each other.
    """

    def __init__(self, leaves: Mapping[str, str], names: Names, max_workers: int) -> None:
        self._leaves = leaves
        self._names = names
        self._max_workers = max_workers
        self._named: dict[Hashable, str] = {}
        self._templates: dict[str, Payload] = {}

    @property
    def templates(self) -> list[Payload]:
        """The templates added so far, in order."""
        return list(self._templates.values())

    def add_entrypoint(self, body: Block) -> str:
        """Add the template that runs the whole flow, and those it calls; returns its name."""
        return self._shared("main", "main", lambda _: {"steps": self._groups(body, _ROOT)})

    def _shared(self, key: Hashable, wanted: str, fill: Callable[[str], Payload]) -> str:
        if key not in self._named:
            name = self._names.take(wanted)
            self._named[key] = name
            self._templates[name] = {}
            self._templates[name] = {"name": name, **fill(name)}
        return self._named[key]

    def _groups(self, block: Block, path: str) -> list[StepGroup]:
        groups = (self._group(region, exits, path) for region, exits in with_exits(block))
        return [group for group in groups if group]

    def _group(self, region: Region, exits: tuple[Arm, ...], path: str) -> StepGroup:
        match region:
            case Task(step):
                return [call(self._leaves[step], path)]
            case Split(at, branches):
                return [call(self._callee(at, branch), path) for branch in branches]
            case Foreach(at):
                count = output_of(self._leaves[at], "count")
                return [call(self._foreach(region), path, count=count)]
            case Switch(at, arms):
                return self._arms(at, arms, path)
            case Loop():
                return [call(self._loop(region, exits), path)]
            case _:
                assert_never(region)

    def _callee(self, at: str, block: Block) -> str:
        match tuple(with_exits(block)):
            case ((Task(step), _),):
                return self._leaves[step]
            case ((Loop() as loop, exits),):
                return self._loop(loop, exits)
        wanted = f"{self._leaves[at]}-to-{self._leaves[first_step(block)]}"
        return self._shared(block, wanted, lambda _: self._steps(self._groups(block, PATH)))

    def _steps(self, groups: list[StepGroup]) -> Payload:
        return {"inputs": parameter_names("path"), "steps": groups}

    def _arms(self, at: str, arms: tuple[Arm, ...], path: str) -> StepGroup:
        return [
            call(self._callee(at, arm.body), path, when=self._chose(at, arm.to))
            for arm in arms
            if arm.body
        ]

    def _chose(self, at: str, to: str) -> str:
        return f'"{output_of(self._leaves[at], "next")}" == "{to}"'

    def _foreach(self, foreach: Foreach) -> str:
        return self._shared(
            foreach, f"{self._leaves[foreach.at]}-foreach", lambda _: self._fan_out(foreach)
        )

    def _fan_out(self, foreach: Foreach) -> Payload:
        body = self._callee(foreach.at, foreach.body)
        each = call(body, f"{PATH}.{{{{item}}}}")
        return {
            "inputs": parameter_names("path", "count"),
            **self._limits(foreach, body),
            "steps": [[each | {"withSequence": {"count": "{{inputs.parameters.count}}"}}]],
        }

    def _limits(self, foreach: Foreach, body: str) -> Payload:
        # The members of a gang wait for each other: a cap would let them wait for ever.
        limits: Payload = {} if foreach.gang else {"parallelism": self._max_workers}
        # Argo's failFast takes a pod's failed attempt for a failed child, retries or not.
        return limits | ({"failFast": True} if body in self._templates else {})

    def _loop(self, loop: Loop, exits: tuple[Arm, ...]) -> str:
        wanted = f"{self._leaves[loop.at]}-loop"
        return self._shared((loop, exits), wanted, lambda name: self._again(name, loop, exits))

    def _again(self, name: str, loop: Loop, exits: tuple[Arm, ...]) -> Payload:
        # The exits run inside, at the tail: Argo cannot lift an output out of a recursion whose
        # further calls are skipped.
        path = output_of(self._leaves[loop.at], "path")
        again = call(name, path, when=self._chose(loop.at, loop.to))
        tail = [again, *self._arms(loop.at, exits, path)]
        return self._steps([*self._groups(loop.body, PATH), tail])
