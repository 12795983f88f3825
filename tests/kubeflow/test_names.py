"""Steps and parameters whose names are those that a pipeline needs itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubeflow.compiled import written
from kubeflow.references import reference_errors
from kubeflow.test_pipelines import pipeline_of

if TYPE_CHECKING:
    from pathlib import Path

    from kubeflow.local_runs import Kfp

PARAMETERS = """
from flowc import FlowSpec, Parameter, step


class NamedFlow(FlowSpec):
    path = Parameter("path", default="here")
    run = Parameter("run", type=int, default=3)
    next_one = Parameter("path-2", default="there")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.given = [self.path, self.run, self.next_one]
"""

# What a foreach of `step_x` and a loop of `x` would be called stands for steps here.
STEPS = """
from flowc import FlowSpec, step


class NamedFlow(FlowSpec):
    @step
    def start(self):
        self.rounds = 0
        self.next(self.step_x)

    @step
    def step_x(self):
        self.items = [1, 2]
        self.next(self.x, foreach="items")

    @step
    def x(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.rounds = inputs[0].rounds + 1
        self.next(self.x_foreach)

    @step
    def x_foreach(self):
        self.more = "yes" if self.rounds < 2 else "no"
        self.next({"yes": self.step_x, "no": self.step_x_foreach}, condition="more")

    @step
    def step_x_foreach(self):
        self.next(self.x_foreach_loop)

    @step
    def x_foreach_loop(self):
        self.next(self.x_foreach_too_many_rounds)

    @step
    def x_foreach_too_many_rounds(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


# The backend adds a task of the name of each and `-driver`.
DRIVERS = """
from flowc import FlowSpec, step


class NamedFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.start_driver)

    @step
    def start_driver(self):
        self.next(self.late_driver)

    @step
    def late_driver(self):
        self.next(self.late)

    @step
    def late(self):
        self.way = 2
        self.next({1: self.arm, 2: self.arm_driver}, condition="way")

    @step
    def arm(self):
        self.next(self.end)

    @step
    def arm_driver(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

# Both of two arms lead to the same foreach, and the third one does not.
SHARED = """
from flowc import FlowSpec, step


class SharedFlow(FlowSpec):
    @step
    def start(self):
        self.way = 2
        self.next({1: self.x, 2: self.y, 3: self.z}, condition="way")

    @step
    def x(self):
        self.next(self.a)

    @step
    def y(self):
        self.next(self.a)

    @step
    def z(self):
        self.next(self.end)

    @step
    def a(self):
        self.items = [1, 2]
        self.next(self.b, foreach="items")

    @step
    def b(self):
        self.next(self.c)

    @step
    def c(self, inputs):
        self.count = len(list(inputs))
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_parameters_may_be_named_as_what_each_step_is_given(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(PARAMETERS, tmp_path)

    ended = placed.run(kfp, {"run": 4})

    assert reference_errors(pipeline_of(placed.flow)) == []
    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts()["given"] == ["here", 4, "there"]


def test_steps_may_be_named_as_regions_are(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(STEPS, tmp_path)

    ended = placed.run(kfp)

    assert reference_errors(pipeline_of(placed.flow)) == []
    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts()["rounds"] == 2


def test_a_latch_may_be_named_as_the_foreach_before_it(kfp: Kfp, tmp_path: Path) -> None:
    renamed = STEPS.replace("step_x_foreach", "after").replace("x_foreach", "step_x_foreach")
    placed = written(renamed, tmp_path)

    ended = placed.run(kfp)

    assert reference_errors(pipeline_of(placed.flow)) == []
    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts()["rounds"] == 2


def test_steps_may_be_named_as_drivers_are(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(DRIVERS, tmp_path)

    ended = placed.run(kfp)

    assert reference_errors(pipeline_of(placed.flow)) == []
    assert ended.state == "succeeded", ended.error + kfp.log()
    assert ("arm_driver", "t") in placed.tasks()


def test_a_foreach_at_which_arms_meet_is_iterated_by_one_task_each(
    kfp: Kfp, tmp_path: Path
) -> None:
    placed = written(SHARED, tmp_path)

    ended = placed.run(kfp)

    pipeline = pipeline_of(placed.flow)
    assert reference_errors(pipeline) == []
    assert {"comp-a-foreach", "comp-a-foreach-2"} <= pipeline["components"].keys()
    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts("c")["count"] == 2
