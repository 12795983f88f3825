"""Flows built by hand: one for each kind of region, with the steps of the fixture of that name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from flowc.diagnostics import Span
from flowc.ir.flow import (
    Catch,
    Flow,
    Kind,
    Parameter,
    ParameterKind,
    Policy,
    Step,
    Target,
    Transition,
)
from flowc.ir.region import Arm, Block, Emits, Foreach, Loop, Split, Switch, Task

COUNT, NEXT = Emits.COUNT, Emits.NEXT
HERE = Span("flow.py", 1)


def linear(name: str, to: str, **fields: Any) -> Step:
    return _step(name, Kind.LINEAR, [to], **fields)


def split(name: str, *to: str, **fields: Any) -> Step:
    return _step(name, Kind.SPLIT, to, **fields)


def foreach(name: str, to: str, artifact: str = "items", **fields: Any) -> Step:
    return _step(name, Kind.FOREACH, [to], artifact, **fields)


def gang(name: str, to: str, **fields: Any) -> Step:
    return _step(name, Kind.GANG, [to], **fields)


def switch(name: str, *to: str, on: str = "chosen", **fields: Any) -> Step:
    return _step(name, Kind.SWITCH, to, on, **fields)


def end(name: str = "end", **fields: Any) -> Step:
    return Step(name, HERE, None, **fields)


def parameter(name: str, kind: ParameterKind = ParameterKind.STR, **fields: Any) -> Parameter:
    return Parameter(name, fields.pop("attribute", name), kind, HERE, **fields)


def flow(name: str, body: Block, *steps: Step, **fields: Any) -> Flow:
    """A flow whose steps stand in the file one after the other, two lines each."""
    lines = count(3, 2)
    table = {step.name: _at_line(step, next(lines)) for step in steps}
    return Flow(name, "flow.py", HERE, table, body=body, **fields)


def joining(step: Step) -> Step:
    """The step with `inputs`."""
    return replace(step, arguments=("self", "inputs"))


def arm(to: str, *body: Any) -> Arm:
    return Arm(to, body)


def _step(name: str, kind: Kind, to: Sequence[str], artifact: str = "", **fields: Any) -> Step:
    targets = tuple(Target(step, HERE) for step in to)
    return Step(name, HERE, Transition(kind, targets, HERE, artifact), **fields)


def _at_line(step: Step, line: int) -> Step:
    return replace(step, span=Span("flow.py", line))


LINEAR = flow(
    "LinearFlow",
    (Task("start"), Task("middle"), Task("end")),
    linear("start", "middle"),
    linear("middle", "end"),
    end(),
)
SPLIT = flow(
    "SplitFlow",
    (
        Task("start"),
        Split("start", ((Task("same"),), (Task("double"),))),
        Task("join"),
        Task("end"),
    ),
    split("start", "same", "double"),
    linear("same", "join"),
    linear("double", "join"),
    joining(linear("join", "end")),
    end(),
)
NESTED_FOREACH = flow(
    "NestedForeachFlow",
    (
        Task("start", COUNT),
        Foreach(
            "start",
            (
                Task("plane", COUNT),
                Foreach(
                    "plane",
                    (Task("row", COUNT), Foreach("row", (Task("cell"),)), Task("join_row")),
                ),
                Task("join_plane"),
            ),
        ),
        Task("join"),
        Task("end"),
    ),
    foreach("start", "plane", "digits"),
    foreach("plane", "row", "digits"),
    foreach("row", "cell", "digits"),
    linear("cell", "join_row"),
    joining(linear("join_row", "join_plane")),
    joining(linear("join_plane", "join")),
    joining(linear("join", "end")),
    end(),
)
SWITCH = flow(
    "SwitchFlow",
    (
        Task("start", NEXT),
        Switch("start", tuple(arm(name, Task(name)) for name in ("small", "medium", "large"))),
        Task("end"),
    ),
    switch("start", "small", "medium", "large", on="band"),
    linear("small", "end"),
    linear("medium", "end"),
    linear("large", "end"),
    end(),
)
SHARED_TAIL = flow(
    "SharedTailFlow",
    (
        Task("start", NEXT),
        Switch(
            "start",
            (
                arm(
                    "inspect",
                    Task("inspect", NEXT),
                    Switch(
                        "inspect",
                        (arm("polish", Task("polish")), arm("repair", Task("repair"))),
                    ),
                ),
                arm("reject", Task("reject"), Task("repair")),
            ),
        ),
        Task("end"),
    ),
    switch("start", "inspect", "reject", on="quality"),
    switch("inspect", "polish", "repair", on="quality"),
    linear("reject", "repair"),
    linear("polish", "end"),
    linear("repair", "end"),
    end(),
)
SELF_LOOP = flow(
    "SelfLoopFlow",
    (Task("start"), Loop("collatz", "collatz", (Task("collatz", NEXT),)), Task("end")),
    linear("start", "collatz"),
    switch("collatz", "collatz", "end", on="state"),
    end(),
)
MULTI_STEP_LOOP = flow(
    "MultiStepLoopFlow",
    (
        Task("start"),
        Loop(
            "judge",
            "grow",
            (
                Task("grow", COUNT),
                Foreach("grow", (Task("square"),)),
                Task("add"),
                Task("judge", NEXT),
            ),
        ),
        Task("end"),
    ),
    linear("start", "grow"),
    foreach("grow", "square", "numbers"),
    linear("square", "add"),
    joining(linear("add", "judge")),
    switch("judge", "grow", "end", on="verdict"),
    end(),
)
LOOP_IN_FOREACH = flow(
    "LoopInForeachFlow",
    (
        Task("start", COUNT),
        Foreach(
            "start",
            (
                Task("launch"),
                Loop("look", "sink", (Task("sink"), Task("look", NEXT))),
                Switch("look", (arm("land", Task("land")), arm("drift", Task("drift")))),
                Task("after"),
            ),
        ),
        Task("join"),
        Task("end"),
    ),
    foreach("start", "launch", "heights"),
    linear("launch", "sink"),
    linear("sink", "look"),
    switch("look", "sink", "land", "drift", on="state"),
    linear("land", "after"),
    linear("drift", "after"),
    linear("after", "join"),
    joining(linear("join", "end")),
    end(),
)
GANG = flow(
    "GangFlow",
    (Task("start", COUNT), Foreach("start", (Task("work"),), gang=True), Task("join"), Task("end")),
    gang("start", "work"),
    linear("work", "join"),
    joining(linear("join", "end")),
    end(),
)
RETRY = flow(
    "RetryFlow",
    (Task("start"), Task("fetch"), Task("end")),
    linear("start", "fetch"),
    linear("fetch", "end", policy=Policy(retries=2)),
    end(),
)
CATCH = flow(
    "CatchFlow",
    (Task("start"), Task("divide"), Task("look"), Task("end")),
    linear("start", "divide"),
    linear("divide", "look", policy=Policy(retries=1, catch=Catch("failure"))),
    linear("look", "end"),
    end(),
)
TIMEOUT = flow(
    "TimeoutFlow",
    (Task("start"), Task("nap"), Task("end")),
    linear("start", "nap"),
    linear("nap", "end", policy=Policy(timeout=1, catch=Catch("failure", print_exception=False))),
    end(),
)
ENVIRONMENT = flow(
    "EnvironmentFlow",
    (Task("start"), Task("end")),
    linear("start", "end", environment={"FIXTURE_GREETING": "good day"}),
    end(),
)
PARAMETERS = flow(
    "ParametersFlow",
    (Task("start"), Task("end")),
    linear("start", "end"),
    end(),
    parameters=(
        parameter("name", attribute="who", required=True, help="Whom the flow is for"),
        parameter("count", ParameterKind.INT, default=2, help="How many"),
        parameter("factor", ParameterKind.FLOAT, default=0.5, help="What to multiply by"),
        parameter("loud", ParameterKind.BOOL, default=False, help="Whether to say it out loud"),
        parameter("places", ParameterKind.JSON, default='{"cities": ["Rome", "Oslo"]}'),
        parameter("note", default=None, help="A remark, if there is one"),
    ),
)

# Flows that are fixtures too, by the fixture's folder.
FIXTURES = {
    "linear": LINEAR,
    "split": SPLIT,
    "nested_foreach": NESTED_FOREACH,
    "switch": SWITCH,
    "shared_tail": SHARED_TAIL,
    "self_loop": SELF_LOOP,
    "multi_step_loop": MULTI_STEP_LOOP,
    "loop_in_foreach": LOOP_IN_FOREACH,
    "gang": GANG,
    "retry": RETRY,
    "catch": CATCH,
    "timeout": TIMEOUT,
    "environment": ENVIRONMENT,
    "parameters": PARAMETERS,
}
