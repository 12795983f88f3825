"""What fails on Airflow, what is tried again, what is caught, and what runs are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.compiled import Placed, place_alone
from airflow.dag_runs import NotRun
from airflow.flows import write
from fixture_flows import FLOWS

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.dag_runs import Tester
    from airflow.scheduler import Ended

BRANCHES = """
class BranchesFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        raise RuntimeError("the left one fails")
        self.next(self.gather)

    @step
    def right(self):
        self.word = "right"
        self.next(self.after)

    @step
    def after(self):
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_step_that_fails_fails_the_run_after_the_other_branch(
    tester: Tester, tmp_path: Path
) -> None:
    placed = _place(tester, tmp_path, BRANCHES)

    ended = placed.run(tester)

    assert ended.state == "failed"
    assert _states(ended) == {
        "start": "success",
        "left": "failed",
        "right": "success",
        "after": "success",
        "gather": "upstream_failed",
        "end": "upstream_failed",
    }
    assert placed.artifacts(ended, "after")["word"] == "right"
    assert "the left one fails" in tester.log()


ITEM = """
class ItemFlow(FlowSpec):
    @step
    def start(self):
        self.items = [1, 2, 3]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        if self.input == 2:
            raise RuntimeError("not this one")
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_an_item_that_fails_fails_the_run_after_the_others(tester: Tester, tmp_path: Path) -> None:
    placed = _place(tester, tmp_path, ITEM)

    ended = placed.run(tester)

    assert ended.state == "failed"
    states = ended.states()
    assert [states["work", index] for index in range(3)] == ["success", "failed", "success"]
    assert states["gather", -1] == "upstream_failed"
    assert {path for step, path in placed.tasks(ended) if step == "work"} == {"t.0", "t.2"}


RETRIED = """
class RetriedFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.work)

    @retry(times=2, minutes_between_retries=0)
    @step
    def work(self):
        if current.retry_count < 2:
            raise RuntimeError("not yet")
        self.attempt = current.retry_count
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_step_is_tried_again_with_the_next_attempt(tester: Tester, tmp_path: Path) -> None:
    placed = _place(tester, tmp_path, RETRIED)

    ended = placed.run(tester)

    assert ended.state == "success", tester.log()
    assert _tries(ended) == {"start": 1, "work": 3, "end": 1}
    assert placed.artifacts(ended)["attempt"] == 2


CAUGHT = """
class CaughtFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.work)

    @catch(var="failure")
    @retry(times=1, minutes_between_retries=0)
    @step
    def work(self):
        os.kill(os.getpid(), 9)
        self.next(self.end)

    @step
    def end(self):
        self.caught = self.failure is not None
"""


def test_what_kills_a_step_is_caught_once_it_was_tried_again(
    tester: Tester, tmp_path: Path
) -> None:
    placed = _place(tester, tmp_path, CAUGHT)

    ended = placed.run(tester)

    assert ended.state == "success", tester.log()
    assert _tries(ended)["work"] == 3
    assert placed.artifacts(ended)["caught"] is True


EMPTY = """
class EmptyFlow(FlowSpec):
    @retry(times=3, minutes_between_retries=0)
    @step
    def start(self):
        self.items = []
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_an_empty_foreach_fails_the_run_with_the_runtimes_own_words(
    tester: Tester, tmp_path: Path
) -> None:
    placed = _place(tester, tmp_path, EMPTY)

    ended = placed.run(tester)

    assert ended.state == "failed"
    assert ended.states()["start", -1] == "failed"
    assert _tries(ended)["start"] == 4
    assert "foreach iterator over `items` in step `start` produced zero splits" in tester.log()


def test_what_would_only_fail_again_is_not_tried_again(tester: Tester, tmp_path: Path) -> None:
    placed = _place(tester, tmp_path, EMPTY)
    (placed.file.parent / "flow.py").unlink()

    ended = placed.run(tester)

    assert ended.state == "failed"
    assert _tries(ended)["start"] == 1
    assert "cannot read the flow's file" in tester.log()


def test_parameters_keep_their_types(tester: Tester, tmp_path: Path) -> None:
    placed = place_alone(FLOWS / "parameters", tester, tmp_path / "store")
    given = {"name": "Bo", "count": 4, "factor": 0.25, "loud": True, "places": [1, {"a": None}]}

    ended = placed.run(tester, given)

    assert ended.state == "success", tester.log()
    found = placed.artifacts(ended)
    assert found["summary"] == ["Bo", 4, 0.25, True, [1, {"a": None}], None]


def test_defaults_are_the_flows_own(tester: Tester, tmp_path: Path) -> None:
    placed = place_alone(FLOWS / "parameters", tester, tmp_path / "store")

    ended = placed.run(tester, {"name": "Bo"})

    assert ended.state == "success", tester.log()
    found = placed.artifacts(ended)
    assert found["summary"] == ["Bo", 2, 0.5, False, {"cities": ["Rome", "Oslo"]}, None]


def test_a_run_without_a_required_parameter_does_not_begin(tester: Tester, tmp_path: Path) -> None:
    placed = place_alone(FLOWS / "parameters", tester, tmp_path / "store")

    with pytest.raises(NotRun, match="Invalid input for param name: No value passed"):
        placed.run(tester)

    assert not placed.store.exists()


def test_a_run_with_a_parameter_of_another_type_does_not_begin(
    tester: Tester, tmp_path: Path
) -> None:
    placed = place_alone(FLOWS / "parameters", tester, tmp_path / "store")

    with pytest.raises(NotRun, match="'four' is not of type 'integer'"):
        placed.run(tester, {"name": "Bo", "count": "four"})

    assert not placed.store.exists()


LONG = """
class LongFlow(FlowSpec):
    text = Parameter("text", default="")

    @step
    def start(self):
        self.size = len(self.text)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_parameters_that_no_process_can_be_told_are_refused(tester: Tester, tmp_path: Path) -> None:
    placed = _place(tester, tmp_path, LONG)

    fits = placed.run(tester, {"text": "x" * 130_000})
    fails = placed.run(tester, {"text": "x" * 131_000})

    assert fits.state == "success", tester.log()
    assert placed.artifacts(fits)["size"] == 130_000
    assert fails.state == "failed"
    assert _tries(fails)["start"] == 1
    assert "parameters of 131,012 bytes are too long" in tester.log()


WIDE = """
class WideFlow(FlowSpec):
    @step
    def start(self):
        self.items = list(range(150))
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.square = self.input ** 2
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.total = sum(one.square for one in inputs)
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_wide_foreach_has_as_many_tasks_as_airflow_takes(tester: Tester, tmp_path: Path) -> None:
    """The Airflow of these tests takes thirty."""
    placed = _place(tester, tmp_path, WIDE)

    ended = placed.run(tester)

    assert ended.state == "success", tester.log()
    assert len([each for each in ended.tasks if each.task == "work"]) == 30
    assert placed.artifacts(ended)["total"] == sum(number**2 for number in range(150))
    assert len(placed.tasks(ended)) == 150 + 3


def _place(tester: Tester, folder: Path, source: str) -> Placed:
    return place_alone(write(folder / "source", source), tester, folder / "store")


def _states(ended: Ended) -> dict[str, str]:
    return {each.task: each.state for each in ended.tasks}


def _tries(ended: Ended) -> dict[str, int]:
    return {each.task: each.tries for each in ended.tasks}
