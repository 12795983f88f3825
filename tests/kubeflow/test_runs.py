"""How pipelines go where steps fail, take too long, wait for each other or go on for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kubeflow.compiled import RUN, written

if TYPE_CHECKING:
    from pathlib import Path

    from kubeflow.compiled import Placed
    from kubeflow.local_runs import Kfp

FLOW = """
import time

from flowc import FlowSpec, Parameter, catch, current, parallel, retry, step, timeout


class SomeFlow(FlowSpec):
{steps}
"""

FAILING = """
    @step
    def start(self):
        self.next(self.work, self.other)

{decorators}
    @step
    def work(self):
        self.failure = None
{body}
        self.next(self.after)

    @step
    def after(self):
        self.next(self.join)

    @step
    def other(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.failure = inputs.after.failure
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def failing(folder: Path, *decorators: str, body: str = "raise ValueError('no')") -> Placed:
    """A flow with a step `work` beside others, which has those decorators and that body."""
    lines = "\n".join(f"    {each}" for each in decorators)
    steps = FAILING.format(decorators=lines, body=f"        {body}")
    return written(FLOW.format(steps=steps), folder)


def attempts(placed: Placed, step: str = "work", path: str = "t") -> int:
    """How often a task was started."""
    records = placed.store / placed.flow.name / RUN / "_flowc" / "attempts" / step
    return len(list(records.glob(f"{path}@*.json")))


def test_a_failed_step_fails_the_run_and_what_follows_does_not_run(
    kfp: Kfp, tmp_path: Path
) -> None:
    placed = failing(tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "failed"
    assert "Inner task failed" in ended.error
    assert not {step for step, _ in placed.tasks()} - {"start", "other"}
    assert attempts(placed) == 1


def test_a_step_is_tried_again_as_often_as_it_says(kfp: Kfp, tmp_path: Path) -> None:
    placed = failing(tmp_path, "@retry(times=2, minutes_between_retries=0)")

    ended = placed.run(kfp)

    assert ended.state == "failed"
    assert attempts(placed) == 3


def test_a_failure_is_caught_on_the_last_attempt(kfp: Kfp, tmp_path: Path) -> None:
    catch = "@catch(var='failure', print_exception=False)"
    placed = failing(tmp_path, catch, "@retry(times=1, minutes_between_retries=0)")

    ended = placed.run(kfp)

    assert ended.state == "succeeded", ended.error + kfp.log()
    assert "no" in str(placed.artifacts()["failure"])
    assert attempts(placed) == 2


def test_a_killed_task_is_caught_by_an_attempt_more(kfp: Kfp, tmp_path: Path) -> None:
    catch = "@catch(var='failure', print_exception=False)"
    kill = "import os; os.kill(os.getpid(), 9)"
    placed = failing(tmp_path, catch, "@retry(times=1, minutes_between_retries=0)", body=kill)

    ended = placed.run(kfp)

    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts()["failure"]
    assert attempts(placed) == 3


def test_a_step_that_takes_too_long_fails(kfp: Kfp, tmp_path: Path) -> None:
    placed = failing(tmp_path, "@timeout(seconds=1)", body="time.sleep(600)")

    ended = placed.run(kfp)

    assert ended.state == "failed"
    assert not {step for step, _ in placed.tasks()} - {"start", "other"}


ITEM = """
    @step
    def start(self):
        self.items = list(range(4))
        self.next(self.work, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def work(self):
        if self.input == 1 and current.retry_count == 0 or self.input in {never}:
            raise ValueError(self.input)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [one.input for one in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_an_item_that_fails_is_tried_again_by_itself(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(FLOW.format(steps=ITEM.format(never=())), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "succeeded", ended.error + kfp.log()
    assert [attempts(placed, path=f"t.{item}") for item in range(4)] == [1, 2, 1, 1]


def test_an_item_that_fails_for_good_keeps_the_join_from_running(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(FLOW.format(steps=ITEM.format(never=(2,))), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "failed"
    assert {step for step, _ in placed.tasks()} == {"start", "work"}


GANG = """
    @step
    def start(self):
        self.next(self.work, num_parallel={members})

    @retry(times=1, minutes_between_retries=0)
    @parallel
    @step
    def work(self):
        self.at = (current.parallel.node_index, current.parallel.num_nodes)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [one.at for one in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize("members", [2, 12])
def test_the_members_of_a_gang_run_at_once(members: int, kfp: Kfp, tmp_path: Path) -> None:
    placed = written(FLOW.format(steps=GANG.format(members=members)), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts("join")["seen"] == [(each, members) for each in range(members)]


LOOP = """
    @step
    def start(self):
        self.items = {items}
        self.next(self.head, foreach="items")

    @step
    def head(self):
        self.rounds = getattr(self, "rounds", 0) + 1
        self.next(self.latch)

    @step
    def latch(self):
        self.again = "yes" if self.rounds < self.input else "no"
        self.next({{"yes": self.head, "no": self.out}}, condition="again")

    @step
    def out(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [one.rounds for one in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_items_loop_over_several_steps_as_often_as_each_wants(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(FLOW.format(steps=LOOP.format(items=[1, 3, 2])), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "succeeded", ended.error + kfp.log()
    assert placed.artifacts("join")["seen"] == [1, 3, 2]
    assert ("head", "t.1.r2") in placed.tasks()


def test_a_loop_that_goes_on_for_too_long_fails_and_says_so(kfp: Kfp, tmp_path: Path) -> None:
    placed = written(FLOW.format(steps=LOOP.format(items=[1000])), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == "failed"
    assert "the loop of `latch` has not ended after 25 rounds" in kfp.log()
    assert sum(step == "latch" for step, _ in placed.tasks()) == 25
    assert "out" not in {step for step, _ in placed.tasks()}


def test_runs_do_not_meet(kfp: Kfp, tmp_path: Path) -> None:
    placed = failing(tmp_path, body="pass")

    ended = [placed.run(kfp, run=run).state for run in ("one", "two")]

    assert ended == ["succeeded", "succeeded"]
    assert placed.tasks("one") == placed.tasks("two") != {}


SELF_LOOP = """
    @step
    def start(self):
        self.rounds = 0
        self.next(self.again)

    @retry(times=2, minutes_between_retries=0)
    @step
    def again(self):
        if self.rounds == 1 and current.retry_count < {failing}:
            raise ValueError(self.rounds)
        self.rounds += 1
        self.way = "on" if self.rounds < 3 else "out"
        self.next({{"on": self.again, "out": self.end}}, condition="way")

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(("failing", "state"), [(2, "succeeded"), (3, "failed")])
def test_rounds_of_one_container_are_tried_again_by_themselves(
    failing: int, state: str, kfp: Kfp, tmp_path: Path
) -> None:
    placed = written(FLOW.format(steps=SELF_LOOP.format(failing=failing)), tmp_path)

    ended = placed.run(kfp)

    assert ended.state == state, ended.error + kfp.log()
    assert [attempts(placed, "again", f"t.r{each}") for each in (0, 1)] == [1, 3]
