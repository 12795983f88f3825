"""Metaflow's graph of a flow, the same derived from flowc's regions, and how the two differ."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from hypothesis import HealthCheck, settings

from flowc.diagnostics import Severity
from flowc.driver import structure
from flowc.ir.flow import Kind
from flowc.ir.region import Block, Foreach, Loop, Region, Split, Switch, Task, walk
from flowc.syntax.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowc.ir.flow import Flow, Step

WORKER = Path(__file__).parent / "metaflow" / "worker.py"
IMPORT = re.compile(r"^(\s*(?:from|import)) flowc\b", re.MULTILINE)

# What a flow's own command line checks before it runs anything.
CHECK = ("--no-pylint", "check")
PARAMETERS = ("run", "--help")

Graph: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True)
class Answer:
    """What Metaflow makes of a file, the graph as far as it came, and what decorators ask for.

    The outcome is `ok`, `refused`, `crash`, `hangs`, or `unloadable` if Python itself gives up;
    `check` is the one of Metaflow's checks that refused it, if it was one of them.
    """

    outcome: str
    message: str = ""
    check: str = ""
    graph: Graph | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)


def drawn(examples: int) -> settings:
    """The same examples on each run; by night new ones, and ten times as many."""
    nightly = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
    return settings(
        max_examples=10 * examples if nightly else examples,
        derandomize=not nightly,
        database=None,
        deadline=None,
        print_blob=nightly,
        suppress_health_check=list(HealthCheck),
    )


class Metaflow:
    """A process that looks at flow files as Metaflow does, started when it is first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._process: subprocess.Popen[str] | None = None

    def read(self, source: str, *commands: Sequence[str]) -> Answer:
        """The answer to a source, in which flowc's API is Metaflow's."""
        path = self._folder / f"flow_{next(self._numbers)}.py"
        _copy(source, path)
        return self.read_file(path, *commands)

    def read_copy(self, path: Path) -> Answer:
        """The answer to a file, with what its folder holds beside it."""
        folder = self._folder / f"folder_{next(self._numbers)}"
        for each in path.parent.rglob("*.py"):
            _copy(each.read_text("utf-8"), folder / each.relative_to(path.parent))
        return self.read_file(folder / path.name)

    def read_file(self, path: Path, *commands: Sequence[str]) -> Answer:
        self._process = self._process or self._started()
        assert self._process.stdin
        assert self._process.stdout
        print(
            json.dumps({"path": str(path), "commands": commands}),
            file=self._process.stdin,
            flush=True,
        )
        line = self._process.stdout.readline()
        if not line:
            self.close()
            return Answer("crash", "the process ended")
        return Answer(**json.loads(line))

    def close(self) -> None:
        if self._process:
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        home = str(self._folder)
        own = {name: value for name, value in os.environ.items() if "METAFLOW" not in name}
        return subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=home,
            env=own | {"HOME": home, "METAFLOW_HOME": home, "USER": "tester"},
        )


def read(source: str) -> tuple[Flow | None, list[str]]:
    """What flowc makes of a source: the flow, or the codes of its errors."""
    flow, diagnostics = structure(Source("flow.py", source))
    errors = [found.code for found in diagnostics if found.severity is Severity.ERROR]
    return flow, sorted(set(errors))


def _copy(source: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(IMPORT.sub(r"\1 metaflow", source), "utf-8")


# What a step says of itself, and what follows from its place in the flow.
OWN = (
    *("type", "line", "next_line", "out_funcs", "foreach_param", "condition", "switch_cases"),
    *("parallel_foreach", "parallel_step"),
)
PLACE = ("in_funcs", "split_parents", "split_branches", "matching_join", "is_inside_foreach")


def differences(metaflow: Graph, flowc: Graph, fields: Iterable[str] = OWN + PLACE) -> list[str]:
    """A line for each thing that the two graphs do not agree on."""
    parts = [(name, metaflow[name], flowc[name]) for name in ("name", "start", "end")]
    names = [sorted(graph["steps"]) for graph in (metaflow, flowc)]
    parts.append(("steps", *names))
    if names[0] == names[1]:
        parts += [
            (f"{step}.{word}", metaflow["steps"][step][word], flowc["steps"][step][word])
            for step in names[0]
            for word in fields
            # Metaflow leaves names that are put together, as by an f-string, to its runs.
            if word != "foreach_param" or metaflow["steps"][step][word]
        ]
    return [
        f"{part}: Metaflow {one!r}, flowc {other!r}" for part, one, other in parts if one != other
    ]


def assert_agree(answer: Answer, flow: Flow) -> None:
    """Metaflow has loops of a single step only, and so less to compare of flows with others."""
    assert answer.graph, answer
    if any(isinstance(region, Loop) and region.to != region.at for region in walk(flow.body)):
        assert answer.check == "check_for_acyclicity"
        assert differences(answer.graph, graph_of(flow), OWN) == []
    else:
        assert (answer.outcome, answer.message) == ("ok", "")
        assert differences(answer.graph, graph_of(flow)) == []


def graph_of(flow: Flow) -> Graph:
    """The graph in Metaflow's words, its structure taken from nothing but flowc's regions."""
    places = _places(flow)
    assert not places.twice, f"in two branches: {places.twice}"
    steps = {
        name: _own(flow, step) | _place(flow, places, name) for name, step in flow.steps.items()
    }
    return {"name": flow.name, "start": flow.start, "end": flow.end, "steps": steps}


def _places(flow: Flow) -> _Places:
    places = _Places()
    places.enter(flow.body, set(), ())
    return places


def _own(flow: Flow, step: Step) -> dict[str, Any]:
    transition = step.transition
    targets = [target.step for target in transition.targets] if transition else []
    artifact = transition.artifact if transition else ""
    return {
        "type": _type(flow, step),
        "line": step.span.line,
        "next_line": transition.span.line if transition else 0,
        "out_funcs": targets,
        "foreach_param": artifact if step.kind is Kind.FOREACH else None,
        "condition": artifact if step.kind is Kind.SWITCH else None,
        "switch_cases": targets if step.kind is Kind.SWITCH else [],
        "parallel_foreach": step.kind is Kind.GANG,
        "parallel_step": any(decorator.makes_gang for decorator in step.decorators),
    }


def _type(flow: Flow, step: Step) -> str:
    match step.kind:
        case Kind.END:
            return "end"
        case Kind.SPLIT:
            return "split"
        case Kind.FOREACH | Kind.GANG:
            return "foreach"
        case Kind.SWITCH:
            return "split-switch"
        case Kind.LINEAR if step.joins:
            return "join"
        case Kind.LINEAR:
            return "start" if step.name == flow.start else "linear"
        case _:
            assert_never(step.kind)


# The splits around a step, the outermost first, each with the first step of the branch.
Around: TypeAlias = "tuple[tuple[str, str], ...]"


@dataclass
class _Places:
    """Where each step stands in the regions, found by walking through them once."""

    incoming: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    around: dict[str, Around] = field(default_factory=dict)
    opens: dict[str, list[str]] = field(default_factory=dict)
    joins: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)

    def enter(self, block: Block, before: set[str], around: Around) -> set[str]:
        """Walk through a block that `before` leads to; the steps that lead out of it."""
        for previous, region in pairwise((None, *block)):
            assert region
            if isinstance(previous, Split | Foreach):
                assert isinstance(region, Task)
                self.joins[previous.at] = region.step
            before = self._region(region, before, around)
        return before

    def _region(self, region: Region, before: set[str], around: Around) -> set[str]:
        match region:
            case Task(step):
                if self.around.setdefault(step, around) != around:
                    self.twice.add(step)
                self.incoming[step] |= before
                return {step}
            case Split(at, branches):
                return self._branches(at, branches, around)
            case Foreach(at, body):
                return self._branches(at, (body,), around)
            case Switch(at, arms):
                return set().union(*(self.enter(arm.body, {at}, around) for arm in arms))
            case Loop(at, _, body):
                self.enter(body, before | {at}, around)
                return {at}
            case _:
                assert_never(region)

    def _branches(self, at: str, branches: Sequence[Block], around: Around) -> set[str]:
        firsts = self.opens[at] = [_first(branch[0]) for branch in branches]
        leaving = (
            self.enter(branch, {at}, (*around, (at, first)))
            for branch, first in zip(branches, firsts, strict=True)
        )
        return set().union(*leaving)


def _first(region: Region) -> str:
    match region:
        case Task(step):
            return step
        case Loop(_, to, _):
            return to
        case _:
            raise AssertionError(f"nothing opens {region}")


def _place(flow: Flow, places: _Places, name: str) -> dict[str, Any]:
    closed = [split for split, join in places.joins.items() if join == name]
    around = [split for split, _ in places.around[name]]
    fan_outs = [flow.steps[split].kind in {Kind.FOREACH, Kind.GANG} for split in around]
    opened = {"out_funcs": places.opens[name]} if name in places.opens else {}
    return opened | {
        # Metaflow takes no step for its own predecessor, and the split for a parent of its join.
        "in_funcs": sorted(places.incoming[name] - {name}),
        "split_parents": around + closed,
        "split_branches": [first for _, first in places.around[name]],
        "matching_join": places.joins.get(name),
        "is_inside_foreach": any(fan_outs),
    }
