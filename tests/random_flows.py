"""Random well-formed flows: graphs drawn by hypothesis, and their source.

Regions are drawn from the back to the front: each is given the step that follows it and returns
its first step, so that a target always exists before the transition that names it.
"""

from __future__ import annotations

import hashlib
import inspect
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

LINEAR, SPLIT, FOREACH, GANG, SWITCH, END = "linear", "split", "foreach", "gang", "switch", "end"

DEEPEST = 3
MOST_INSTANCES = 12

# Names that a careless emitter would mangle into one another, or take for its own.
NAMES = (
    *("a", "b", "c", "x", "a_b", "a__b", "a_", "ab", "a_b_c", "a_0", "a0", "x_1", "x1", "b_a"),
    *("start_foreach", "start_0", "start_split", "start_switch", "start_loop", "end_0", "ends"),
    *("body", "main", "loop", "switch", "arm", "split", "foreach", "task", "t", "r0", "r1", "gang"),
    *("exit", "entrypoint", "latch", "head", "count", "path", "plan", "store", "run", "flow"),
    *("zz", "join", "merge", "last", "first", "no", "yes", "true", "null", "on", "y", "n", "e1"),
    "a_step_whose_name_is_longer_than_what_kubernetes_takes_for_the_name_of_anything",
)


@dataclass(frozen=True, slots=True)
class Node:
    """A step. What it decides follows from its tables and the position of the task.

    `table` holds widths (foreach, gang) or indices into `next` (switch). A latch leads to `header`
    until its rounds are over. `item`: the first step of a foreach's body, which reads its item.
    """

    kind: str
    next: tuple[str, ...] = ()
    join: bool = False
    table: tuple[int, ...] = ()
    cases: tuple[str | int, ...] = ()
    header: str = ""
    rounds: tuple[int, ...] = ()
    item: bool = False
    parallel: bool = False


@dataclass(frozen=True)
class Graph:
    """A flow's steps, in the order of the source, and the shapes that drawing them went through."""

    steps: Mapping[str, Node]
    start: str = "start"
    end: str = "end"
    name: str = "RandomFlow"
    shapes: frozenset[str] = field(default=frozenset(), compare=False)

    @property
    def headers(self) -> Mapping[str, str]:
        """The latch of each loop, by the loop's header."""
        return {node.header: name for name, node in self.steps.items() if node.header}

    @property
    def only_self_loops(self) -> bool:
        """Whether Metaflow, which knows no other loops, takes the flow."""
        return all(header == latch for header, latch in self.headers.items())

    def __repr__(self) -> str:
        return f"Graph({self.name!r}, source:\n{render(self)})"


# The next three functions stand in each rendered flow too: they are what its steps run.


def pick(table: tuple[int, ...], path: str) -> int:
    return table[zlib.crc32(path.encode()) % len(table)]


def again(rounds: tuple[int, ...], path: str) -> bool:
    around, _, iteration = path.rpartition(".r")
    return int(iteration) + 1 < pick(rounds, around)


def heard(step: str, path: str, trails: list[str], item: str = "") -> str:
    return hashlib.sha256("\n".join([step, path, item, *trails]).encode()).hexdigest()[:16]


_DECISIONS = tuple(inspect.getsource(function).rstrip() for function in (pick, again, heard))


def render(graph: Graph, module: str = "flowc") -> str:
    """The flow's source."""
    imports = ["FlowSpec", "current", "step"]
    if any(node.parallel for node in graph.steps.values()):
        imports.insert(2, "parallel")
    lines = ["import hashlib", "import zlib", "", f"from {module} import {', '.join(imports)}"]
    for function in _DECISIONS:
        lines += ["", "", function]
    lines += ["", "", f"class {graph.name}(FlowSpec):"]
    for name in graph.steps:
        lines += [*_method(graph, name), ""]
    return "\n".join([*lines, "", 'if __name__ == "__main__":', f"    {graph.name}()", ""])


def _method(graph: Graph, name: str) -> list[str]:
    node = graph.steps[name]
    decorators = ["    @parallel"] * node.parallel + [f"    {_decorator(graph, name)}"]
    arguments = "self, inputs" if node.join else "self"
    trails = "[one.trail for one in inputs]" if node.join else "[self.trail]"
    words = [repr(name), "current.task_id", "[]" if name == graph.start else trails]
    words += ["self.input"] * node.item
    body = [f"self.trail = heard({', '.join(words)})", *_transition(node)]
    return [*decorators, f"    def {name}({arguments}):", *(f"        {line}" for line in body)]


def _decorator(graph: Graph, name: str) -> str:
    if name == graph.start != "start":
        return "@step(start=True)"
    return "@step(end=True)" if name == graph.end != "end" else "@step"


def _transition(node: Node) -> list[str]:
    targets = [f"self.{target}" for target in node.next]
    width = f"pick({node.table!r}, current.task_id)"
    match node.kind:
        case "linear" | "split":
            return [f"self.next({', '.join(targets)})"]
        case "foreach":
            things = f'[f"{{current.task_id}}/{{i}}" for i in range({width})]'
            return [f"self.things = {things}", f'self.next({targets[0]}, foreach="things")']
        case "gang":
            return [f"self.width = {width}", f"self.next({targets[0]}, num_parallel=self.width)"]
        case "switch":
            cases = ", ".join(
                f"{case!r}: {to}" for case, to in zip(node.cases, targets, strict=True)
            )
            return [*_choice(node), f'self.next({{{cases}}}, condition="choice")']
        case _:
            return []


def _choice(node: Node) -> list[str]:
    chosen = f"self.choice = {node.cases!r}[pick({node.table!r}, current.task_id)]"
    if not node.header:
        return [chosen]
    back = node.cases[node.next.index(node.header)]
    turn = [f"if again({node.rounds!r}, current.task_id):", f"    self.choice = {back!r}"]
    return [chosen, *turn]


def rename(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The same graph with other step names, its steps in the same order."""
    steps = {
        names[name]: replace(
            node,
            next=tuple(names[target] for target in node.next),
            header=names.get(node.header, ""),
        )
        for name, node in graph.steps.items()
    }
    return replace(graph, steps=steps, start=names[graph.start], end=names[graph.end])


Draw: TypeAlias = Callable[[st.SearchStrategy[int]], int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a region is drawn: what is around it, and how often each of its steps may run."""

    around: tuple[str, ...] = ()
    instances: int = 1

    def inside(self, kind: str, times: int = 1) -> _Place:
        return _Place((*self.around, kind), self.instances * times)


@dataclass
class _Drawing:
    """A graph while it is drawn, from the back to the front; `room` counts the steps still free."""

    draw: Draw
    room: int
    nodes: dict[str, Node] = field(default_factory=dict)
    shapes: set[str] = field(default_factory=set)

    def up_to(self, most: int, least: int = 0) -> int:
        return self.draw(st.integers(least, most))

    def chance(self, one_in: int = 2) -> bool:
        return self.up_to(one_in - 1) == one_in - 1

    def add(self, node: Node, name: str = "") -> str:
        self.room -= 1
        name = name or f"s{len(self.nodes)}"
        self.nodes[name] = node
        return name

    def step(self, follow: str) -> str:
        return self.add(Node(LINEAR, (follow,)))

    def block(self, follow: str, place: _Place) -> str:
        """One to three regions that lead to `follow`."""
        for _ in range(self.up_to(3, 1)):
            follow = self.region(follow, place)
        return follow

    def region(self, follow: str, place: _Place) -> str:
        kinds = (self._step, self._split, self._gang, self._foreach, self._switch, self._loop)
        cramped = self.room <= 0 or len(place.around) >= DEEPEST
        draw = kinds[0] if cramped else kinds[self.up_to(len(kinds) - 1)]
        return draw(follow, place)

    def saw(self, kind: str, place: _Place) -> None:
        self.shapes |= {kind, f"{kind} in {place.around[-1] if place.around else 'flow'}"}
        if len(place.around) == DEEPEST - 1:
            self.shapes.add("three deep")

    def _step(self, follow: str, _: _Place) -> str:
        return self.step(follow)

    def _split(self, follow: str, place: _Place) -> str:
        self.saw("split", place)
        join = self.add(Node(LINEAR, (follow,), join=True))
        width = self.up_to(3, 2)
        branches = tuple(self.block(join, place.inside("split")) for _ in range(width))
        return self.add(Node(SPLIT, branches))

    def _foreach(self, follow: str, place: _Place) -> str:
        self.saw("foreach", place)
        join = self.add(Node(LINEAR, (follow,), join=True))
        table = self._table(place)
        body = self.block(join, place.inside("foreach", max(table)))
        self.nodes[body] = replace(self.nodes[body], item=True)
        return self.add(Node(FOREACH, (body,), table=table))

    def _gang(self, follow: str, place: _Place) -> str:
        self.saw("gang", place)
        join = self.add(Node(LINEAR, (follow,), join=True))
        member = self.add(Node(LINEAR, (join,), parallel=True))
        return self.add(Node(GANG, (member,), table=self._table(place)))

    def _table(self, place: _Place) -> tuple[int, ...]:
        """Widths or rounds, so few that the flow stays small."""
        most = max(1, min(3, MOST_INSTANCES // place.instances))
        return tuple(self.up_to(most, 1) for _ in range(3))

    def _switch(self, follow: str, place: _Place) -> str:
        self.saw("switch", place)
        targets = self._arms(self._tails(follow, place), self.up_to(3, 2), place.inside("switch"))
        return self.add(self._choosing(targets))

    def _tails(self, follow: str, place: _Place) -> list[str]:
        """Where arms may lead: the merge, and perhaps a tail before it that some of them share."""
        merge = self._landing(follow)
        if not self.chance(3):
            return [merge]
        self.shapes.add("shared tail")
        return [self.block(merge, place.inside("switch")), merge]

    def _landing(self, follow: str) -> str:
        """A step that a switch may lead to: never a join."""
        return self.step(follow) if self.nodes[follow].join else follow

    def _arms(self, tails: list[str], width: int, place: _Place) -> tuple[str, ...]:
        """The first steps of so many arms, the first of which leads to the first of `tails`."""
        targets: list[str] = []
        for number in range(width):
            tail = tails[0] if number == 0 else tails[self.up_to(len(tails) - 1)]
            targets.append(self._arm(tail, tails, place, empty=tail not in targets))
        return tuple(targets)

    def _arm(self, tail: str, tails: list[str], place: _Place, *, empty: bool) -> str:
        if empty and self.chance(4):
            self.shapes.add("empty arm")
            return tail
        if self.room > 0 and len(tails) > 1 and self.chance(4):
            # A switch of its own whose arms end at different tails: not series-parallel.
            self.shapes.add("crossing arms")
            return self.add(self._choosing(self._arms(tails, 2, place)))
        return self.block(tail, place)

    def _choosing(self, targets: tuple[str, ...]) -> Node:
        if self.chance(6):
            self.shapes.add("two cases for one arm")
            targets = (*targets, targets[-1])
        cases = tuple(("case " + "abcdef"[i], i)[self.up_to(1)] for i in range(len(targets)))
        table = tuple(self.up_to(len(targets) - 1) for _ in range(3))
        return Node(SWITCH, targets, table=table, cases=cases)

    def _loop(self, follow: str, place: _Place) -> str:
        self.saw("loop", place)
        rounds = self._table(place)
        latch = self.add(Node(SWITCH))
        exits = self._exits(follow, place)
        header = latch
        if self.up_to(2):
            self.shapes.add("multi-step loop")
            header = self._header(latch, place.inside("loop", max(rounds)))
        else:
            self.shapes.add("self-loop")
        node = self._choosing((header, *exits))
        table = tuple(index or 1 for index in node.table)
        self.nodes[latch] = replace(node, header=header, rounds=rounds, table=table)
        return header

    def _exits(self, follow: str, place: _Place) -> tuple[str, ...]:
        width = self.up_to(3, 1)
        if width == 1:
            return (self._landing(follow),)
        self.shapes.add("several exits")
        return self._arms(self._tails(follow, place), width, place.inside("switch"))

    def _header(self, latch: str, place: _Place) -> str:
        """The first step of a loop's body, which is no other loop's header."""
        header = self.block(latch, place)
        return self.step(header) if self._is_header(header) else header

    def _is_header(self, name: str) -> bool:
        return any(node.header == name for node in self.nodes.values())

    def start(self, end: str) -> None:
        first = self.block(end, _Place())
        if self._is_header(first) or self.chance():
            self.add(Node(LINEAR, (first,)), "start")
        else:
            self.shapes.add(f"start is {self.nodes[first].kind}")
            self.nodes["start"] = self.nodes.pop(first)


@st.composite
def flows(draw: st.DrawFn, max_steps: int = 25, *, own_ends: bool = True) -> Graph:
    """Well-formed flows of hardly more than `max_steps` steps.

    With `own_ends`, the first and last step of some have other names than `start` and `end`.
    """
    drawing = _Drawing(draw, max_steps)
    drawing.start(drawing.add(Node(END), "end"))
    seed = draw(st.integers(0, 2**16))
    return _named(drawing, seed, own_ends=own_ends and seed % 4 == 3)


def _named(drawing: _Drawing, seed: int, *, own_ends: bool) -> Graph:
    """Names and places in the source that say nothing of the order of execution, but for seed 0."""
    inner = [name for name in drawing.nodes if name not in ("start", "end")]
    order = ["start", *reversed(inner), "end"]
    pool = [*NAMES, *(f"s_{number}" for number in range(len(inner)))]
    if seed:
        random.Random(seed).shuffle(pool)
        random.Random(seed).shuffle(order)
    ends = dict(
        zip(("start", "end"), reversed(pool) if own_ends else ("start", "end"), strict=False)
    )
    shapes = drawing.shapes | ({"own ends"} if own_ends else set())
    graph = Graph({name: drawing.nodes[name] for name in order}, shapes=frozenset(shapes))
    return rename(graph, dict(zip(["start", "end", *inner], [*ends, *pool], strict=False)))
