"""For each message of Metaflow's checks a flow that gets it, and the code that flowc has for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from metaflow_graph import CHECK, PARAMETERS, Metaflow, read

if TYPE_CHECKING:
    from collections.abc import Sequence

# `@kubernetes` and `@batch` look at a step only where they have a store.
IN_CLOUD = ("--no-pylint", "--datastore=s3", "--datastore-root=s3://bucket/flows", "check")

END = "end(self): pass"
START = "start(self): self.next(self.end)"
JOIN = "join(self, inputs): self.next(self.end)"
FORK = "start(self): self.next(self.a, self.b)"
A = "a(self): self.next(self.join)"
B = "b(self): self.next(self.join)"
C = "c(self): self.next(self.join)"


def source(lines: Sequence[str], above: str = "") -> str:
    """A flow of these lines; those that begin with a step's name and its arguments are steps."""
    body: list[str] = []
    for line in lines:
        step = re.match(r"\w+\(", line)
        body += ["    @step", f"    def {line}"] if step else [f"    {line}"]
    return "\n".join(["from flowc import *", "", above, "class TestFlow(FlowSpec):", *body, ""])


@dataclass(frozen=True)
class Case:
    """A flow, a piece of Metaflow's message for it, and flowc's code."""

    message: str
    code: str
    lines: tuple[str, ...]
    above: str = ""

    @property
    def source(self) -> str:
        return source(self.lines, self.above)


def case(message: str, code: str, *lines: str, above: str = "") -> Case:
    return Case(message, code, lines, above)


GRAPH = (
    case(
        "is a reserved word",
        "FC101",
        "start(self): self.next(self.input)",
        "input(self): self.next(self.end)",
        END,
    ),
    case(
        "Multiple steps annotated with @step(start=True)",
        "FC112",
        *("@step(start=True)", "def one(self): self.next(self.end)"),
        *("@step(start=True)", "def two(self): self.next(self.end)"),
        END,
    ),
    case("must have exactly one start step", "FC110", "begin(self): self.next(self.end)", END),
    case(
        "Multiple steps annotated with @step(end=True)",
        "FC112",
        "start(self): self.next({1: self.one, 2: self.two}, condition='x')",
        *("@step(end=True)", "def one(self): pass"),
        *("@step(end=True)", "def two(self): pass"),
    ),
    case(
        "must have exactly one end step",
        "FC111",
        "start(self): self.next(self.finish)",
        "finish(self): pass",
    ),
    case(
        "Ambiguous start step",
        "FC112",
        *("@step(start=True)", "def begin(self): self.next(self.start)"),
        START,
        END,
    ),
    case(
        "Ambiguous end step",
        "FC112",
        "start(self): self.next(self.end)",
        "end(self): self.next(self.finish)",
        *("@step(end=True)", "def finish(self): pass"),
    ),
    case(
        "The start step *start* has incoming transitions",
        "FC203",
        "start(self): self.next({1: self.start, 2: self.end}, condition='x')",
        END,
    ),
    case(
        "The end step *end* has outgoing transitions",
        "FC114",
        START,
        "end(self): self.next(self.a)",
        "a(self): self.next(self.end)",
    ),
    case("should not have a self.next() transition", "FC108", START, "end(self): self.next()"),
    case(
        "should not be a join step",
        "FC115",
        FORK,
        "a(self): self.next(self.end)",
        "b(self): self.next(self.end)",
        "end(self, inputs): pass",
    ),
    case(
        "has an invalid name",
        "FC102",
        "start(self): self.next(self.Train)",
        "Train(self): self.next(self.end)",
        END,
    ),
    case("has too many arguments", "FC105", "start(self, a, b): self.next(self.end)", END),
    case(
        "is both a join step",
        "FC205",
        *(FORK, A, B, "join(self, inputs): self.next(self.c, self.d)"),
        *("c(self): self.next(self.last)", "d(self): self.next(self.last)"),
        *("last(self, inputs): self.next(self.end)", END),
    ),
    case("is missing the 'self' argument", "FC104", "start(): self.next(self.end)", END),
    case("is missing a self.next() transition", "FC107", "start(self): pass", END),
    case(
        "is missing a self.next() transition",
        "FC109",
        "start(self): return self.next(self.end)",
        END,
    ),
    case("an invalid self.next() transition", "FC108", "start(self): self.next('end')", END),
    case("an unknown step, *nowhere*", "FC201", "start(self): self.next(self.nowhere)", END),
    case(
        "There is a loop in your flow",
        "FC221",
        "start(self): self.next(self.a)",
        "a(self): self.next({1: self.b, 2: self.end}, condition='x')",
        "b(self): self.next(self.a)",
        END,
    ),
    case("is unreachable from the entry step", "FC202", START, "a(self): self.next(self.end)", END),
    case(
        "The terminal step *end* was reached before a split",
        "FC230",
        FORK,
        "a(self): self.next(self.end)",
        "b(self): self.next(self.end)",
        END,
    ),
    case(
        "an incorrect number of steps",
        "FC230",
        *(FORK, "a(self): self.next(self.c, self.d)", B, C),
        *("d(self): self.next(self.join)", JOIN, END),
    ),
    case("is not preceded by a split", "FC232", "start(self): self.next(self.join)", JOIN, END),
    case(
        "Switch splits must define at least 2 transitions",
        "FC108",
        "start(self): self.next({1: self.end}, condition='x')",
        END,
    ),
    case(
        "does not have a @parallel decorator",
        "FC208",
        *("start(self): self.next(self.a, num_parallel=2)", A, JOIN, END),
    ),
    case(
        "An @parallel step should be followed by a join step",
        "FC209",
        "start(self): self.next(self.a, num_parallel=2)",
        *("@parallel", "a(self): self.next(self.b)", B, JOIN, END),
    ),
    case(
        "has a @parallel decorator, but is not called",
        "FC208",
        *("start(self): self.next(self.a, foreach='x')", "@parallel", A, JOIN, END),
    ),
    case(
        "A conditional path cannot lead directly to a join step",
        "FC206",
        *(FORK, "a(self): self.next({1: self.c, 2: self.join}, condition='x')"),
        *(B, C, JOIN, END),
    ),
)

DECORATORS = (
    case("The maximum number of retries", "FC307", "@retry(times=5)", START, END),
    case("Specify a duration for @timeout", "FC301", "@timeout(seconds=0)", START, END),
    case("does not support the attribute", "FC302", "@retry(retries=3)", START, END),
    case("already has a decorator", "FC313", "@retry", "@retry", START, END),
    case("not declared as a @step", "FC308", "@retry(3)", START, END),
    case("not declared as a @step", "FC113", "@retry", "def load(self): pass", START, END),
    case("not declared as a @step", "FC309", "@step", "@retry", f"def {START}", END),
    case(
        "not supported in foreach split steps",
        "FC306",
        *("@catch", "start(self): self.next(self.a, foreach='x')", A, JOIN, END),
    ),
    case(
        "not supported in conditional switch steps",
        "FC306",
        *("@catch", "start(self): self.next({1: self.a, 2: self.end}, condition='x')"),
        *("a(self): self.next(self.end)", END),
    ),
    case("both on AWS Batch and Kubernetes", "FC313", "@kubernetes", "@batch", START, END),
    case("is a reserved word", "FC303", "a = Parameter('run-id')", START, END),
    case(
        "Separator is only allowed",
        "FC312",
        *("a = Parameter('a', default=1, separator=',')", START, END),
    ),
    case(
        "cannot have a function as its value",
        "FC315",
        *("a = Parameter('a', required=lambda: True)", START, END),
    ),
    case(
        "Separator is only allowed",
        "FC312",
        *("a = Parameter('a', default=lambda context: 'a', separator=',')", START, END),
    ),
    case("must contain only lowercase", "FC314", START, END, above="@project(name='House Prices')"),
)

# Off by default, and never reached: Metaflow stumbles over such a flow before.
NEVER_SAID = {"check_nested_foreach", "check_empty_foreaches"}


@pytest.mark.parametrize("refused", GRAPH + DECORATORS, ids=lambda one: f"{one.code}-{one.message}")
def test_flowc_has_a_code_for_the_message(metaflow: Metaflow, refused: Case) -> None:
    words = IN_CLOUD if "@batch" in refused.lines else CHECK
    answer = metaflow.read(refused.source, words, PARAMETERS)
    _, codes = read(refused.source)

    assert answer.outcome == "refused"
    assert refused.message in answer.message
    assert refused.code in codes


def test_each_check_has_its_case(metaflow: Metaflow) -> None:
    spec = find_spec("metaflow")
    assert spec
    assert spec.origin
    text = Path(spec.origin).with_name("lint.py").read_text("utf-8")
    known = set(re.findall(r"^def (check_\w+)", text, re.MULTILINE))
    said = {metaflow.read(refused.source).check for refused in GRAPH}

    assert known - said == NEVER_SAID


CRASHES = {
    "foreach straight to a join": ("start(self): self.next(self.join, foreach='x')", JOIN, END),
    "split straight to a join": ("start(self): self.next(self.a, self.join)", A, JOIN, END),
    "an end that is parallel": (START, "@parallel", END),
}


@pytest.mark.parametrize("name", CRASHES)
def test_flowc_has_a_code_where_metaflow_crashes(metaflow: Metaflow, name: str) -> None:
    text = source(CRASHES[name])

    assert metaflow.read(text).outcome == "crash"
    assert read(text)[1]


def _diamonds(fork: str, meet: str, rounds: int = 30) -> list[str]:
    """So many forks in a row, each of two ways that meet again."""
    rows = (
        (
            f"f{number}(self): {fork.format(number)}",
            f"a{number}(self): self.next(self.m{number})",
            f"b{number}(self): self.next(self.m{number})",
            f"m{number}({meet}): self.next(self.f{number + 1})",
        )
        for number in range(rounds)
    )
    first, last = "start(self): self.next(self.f0)", f"f{rounds}(self): self.next(self.end)"
    return [first, *(line for row in rows for line in row), last, END]


TOO_MUCH = {
    "splits in a row": _diamonds("self.next(self.a{0}, self.b{0})", "self, inputs"),
    "switches in a row": _diamonds(
        "self.next({{1: self.a{0}, 2: self.b{0}}}, condition='x')", "self"
    ),
    "a long chain": [
        "start(self): self.next(self.a0)",
        *(f"a{number}(self): self.next(self.a{number + 1})" for number in range(1100)),
        "a1100(self): self.next(self.end)",
        END,
    ],
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_flowc_takes_what_is_too_much_for_metaflow(metaflow: Metaflow, name: str) -> None:
    text = source(TOO_MUCH[name])
    flow, codes = read(text)

    assert metaflow.read(text).outcome in {"hangs", "crash"}
    assert flow, codes
