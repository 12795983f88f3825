"""Metaflow takes flows with user step decorators and mutators, and their graph is the same."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from metaflow_graph import CHECK, PARAMETERS, Metaflow, assert_agree

from flowc.driver import structure
from flowc.ir.flow import Origin
from flowc.syntax.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.ir.flow import Flow

MADE = """
from flowc import FlowMutator, FlowSpec, StepMutator, UserStepDecorator, retry, step
from flowc import parallel, user_step_decorator


@user_step_decorator
def timing(step_name, flow, inputs, attributes):
    yield


class Traced(UserStepDecorator):
    def pre_step(self, step_name, flow, inputs=None):
        return None


class Tried(StepMutator):
    def init(self, times=1):
        self.times = times

    def mutate(self, mutable_step):
        mutable_step.add_decorator(retry, deco_kwargs={"times": self.times})


class AllTried(FlowMutator):
    def init(self, times=1):
        self.times = times

    def mutate(self, mutable_flow):
        for _, each in mutable_flow.steps:
            each.add_decorator(retry, deco_kwargs={"times": self.times})


class More(AllTried):
    def init(self, times=2):
        super().init(times)


"""

FLOW = """
{flow}
class TestFlow(FlowSpec):
    {start}
    @step
    def start(self):
        self.xs = [1, 2]
        self.next(self.left, self.right)

    @step
    def left(self):
        self.next(self.each, foreach="xs")

    {each}
    @step
    def each(self):
        self.next(self.gathered)

    @step
    def gathered(self, inputs):
        self.next(self.join)

    {right}
    @step
    def right(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

PLACES = [
    ("user step decorators", "", "@timing", "@timing(limit=3)", "@Traced()"),
    ("step mutators", "", "@Tried", "@Tried(2)", "@Tried(times=3)"),
    ("a flow mutator", "@AllTried", "", "", ""),
    ("a flow mutator with arguments", "@AllTried(times=3)", "", "", ""),
    ("several", "@AllTried\n@More(1)", "@timing\n    @Tried\n    @retry", "@Traced", "@Tried()"),
]


def read(source: str) -> Flow:
    flow, diagnostics = structure(Source("flow.py", source))
    assert flow, diagnostics
    return flow


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place[0])
def test_the_graph_is_the_same(metaflow: Metaflow, place: tuple[str, ...]) -> None:
    words = dict(zip(("flow", "start", "each", "right"), place[1:], strict=True))
    source = MADE + FLOW.format(**words)

    assert_agree(metaflow.read(source, CHECK, PARAMETERS), read(source))


GANG = """
{flow}
class TestFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.train, num_parallel=2)

    {train}
    @step
    def train(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

ADDS = """
class Gang(StepMutator):
    def pre_mutate(self, mutable_step):
        mutable_step.add_decorator(parallel)


class AllGangs(FlowMutator):
    def pre_mutate(self, mutable_flow):
        for name, each in mutable_flow.steps:
            if name == "train":
                each.add_decorator(parallel)


"""


@pytest.mark.parametrize(("flow", "train"), [("", "@Gang"), ("@AllGangs", "")])
def test_a_mutator_may_add_parallel(tmp_path: Path, flow: str, train: str) -> None:
    source = MADE + ADDS + GANG.format(flow=flow, train=train)
    started = source.replace("from flowc", "from metaflow") + "\nTestFlow()\n"
    (tmp_path / "flow.py").write_text(started)

    done = subprocess.run(
        [sys.executable, "flow.py", *CHECK],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "METAFLOW_USER": "tester", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert read(source).steps["start"].next_steps == ("train",)


REFUSED = {
    "a flow mutator above a step": ("", "@AllTried()"),
    "a step mutator above a flow": ("@Tried()", ""),
    "a user step decorator above a flow": ("@timing", ""),
    "a user step decorator with brackets above a flow": ("@timing()", ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_metaflow_refuses_is_refused(metaflow: Metaflow, name: str) -> None:
    flow, start = REFUSED[name]
    source = MADE + FLOW.format(flow=flow, start=start, each="", right="")

    answer = metaflow.read(source, CHECK, PARAMETERS)
    _, diagnostics = structure(Source("flow.py", source))

    assert answer.outcome != "ok" or not answer.graph
    assert "FC358" in [each.code for each in diagnostics]


def test_both_know_the_same_names() -> None:
    flow = read(MADE + FLOW.format(flow="@More", start="@timing", each="@Traced", right="@Tried"))

    assert [each.origin for each in flow.decorators] == [Origin.FLOW_MUTATOR]
    origins = [each.origin for step in flow.steps.values() for each in step.decorators]
    assert origins == [
        Origin.USER_STEP_DECORATOR,
        Origin.USER_STEP_DECORATOR,
        Origin.STEP_MUTATOR,
    ]
