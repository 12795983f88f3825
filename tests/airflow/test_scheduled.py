"""Flows under a real scheduler: what runs at once, what starts other DAGs, what is cleared."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from airflow.compiled import Placed, needs_scheduler, place, typed
from airflow.drawn import executed, few, is_sequential, written
from airflow.flows import write
from fixture_flows import FLOWS, NAMES, everything, keeps_promises, read, run_locally
from fixture_flows import given as given_by
from hypothesis import given
from hypothesis import strategies as st
from oracle import execute
from random_flows import Graph, flows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow.scheduler import Ended, Instance, Live

NUMBERS = count()
SCHEDULED = [name for name in NAMES if needs_scheduler(read(name))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flows")


@pytest.fixture(scope="module")
def triggered(live: Live, folder: Path) -> Mapping[str, tuple[Placed, str]]:
    """All fixtures that need a scheduler, each with a run that has been started."""
    placed = {name: place(FLOWS / name, live.airflow.dags, folder / name) for name in SCHEDULED}
    return {
        name: (each, _trigger(live, each, given_by(name, each.flow)))
        for name, each in placed.items()
    }


@pytest.mark.parametrize("name", SCHEDULED)
def test_fixtures_run_as_locally(
    name: str, live: Live, triggered: Mapping[str, tuple[Placed, str]], tmp_path: Path
) -> None:
    placed, run = triggered[name]

    ended = live.ended(placed.dag, run)

    assert ended.state == "success", live.logs()
    found = everything(placed.store, placed.flow, placed.run_id(ended))
    assert found == run_locally(name, placed.flow, tmp_path / "local", placed.file.parent)
    assert keeps_promises(name, placed.flow, found)


def test_a_foreach_has_no_more_tasks_at_once_than_workers(live: Live, tmp_path: Path) -> None:
    """However many foreaches lie around it."""
    placed = _place(
        live,
        tmp_path,
        """
        class NarrowFlow(FlowSpec):
            @step
            def start(self):
                self.outer = [1, 2, 3]
                self.next(self.each, foreach="outer")

            @step
            def each(self):
                self.inner = [1, 2]
                self.next(self.work, foreach="inner")

            @step
            def work(self):
                time.sleep(1)
                self.next(self.gather)

            @step
            def gather(self, inputs):
                self.next(self.end_all)

            @step
            def end_all(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        max_workers=2,
    )

    ended = placed.run_live(live)

    assert ended.state == "success", live.logs()
    work = [each for each in ended.tasks if each.task == "work"]
    assert len(work) == 6
    assert _most_at_once(work) == 2


def test_a_run_has_no_more_tasks_at_once_than_workers(live: Live, tmp_path: Path) -> None:
    placed = _place(
        live,
        tmp_path,
        """
        class BranchesFlow(FlowSpec):
            @step
            def start(self):
                self.next(self.a, self.b, self.c, self.d)

            @step
            def a(self):
                time.sleep(1)
                self.next(self.gather)

            @step
            def b(self):
                time.sleep(1)
                self.next(self.gather)

            @step
            def c(self):
                time.sleep(1)
                self.next(self.gather)

            @step
            def d(self):
                time.sleep(1)
                self.next(self.gather)

            @step
            def gather(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """,
        max_workers=2,
    )

    ended = placed.run_live(live)

    assert ended.state == "success", live.logs()
    assert _most_at_once(ended.tasks) == 2


RETRIED = """
class RetriedFlow(FlowSpec):
    @step
    def start(self):
        self.items = ["a", "b"]
        self.next(self.work, foreach="items")

    @retry(times=1, minutes_between_retries=0)
    @step
    def work(self):
        if current.retry_count == 0:
            raise RuntimeError("not at first")
        self.word = f"{self.input} in attempt {current.retry_count}"
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.words = [one.word for one in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_what_is_cleared_runs_again_from_its_first_attempt(live: Live, tmp_path: Path) -> None:
    placed = _place(live, tmp_path, RETRIED)
    ended = placed.run_live(live)
    before = everything(placed.store, placed.flow, placed.run_id(ended))

    live.clear(placed.dag, ended.run, "work")
    again = live.ended(placed.dag, ended.run)

    assert ended.state == again.state == "success", live.logs()
    assert placed.artifacts(ended)["words"] == ["a in attempt 1", "b in attempt 1"]
    assert everything(placed.store, placed.flow, placed.run_id(again)) == before
    assert _tries(ended) == {"start": 1, "start_fan": 1, "work": 2, "gather": 1, "end": 1}
    assert _tries(again) == {"start": 1, "start_fan": 1, "work": 4, "gather": 2, "end": 2}


def test_a_loop_that_is_cleared_runs_again(
    live: Live, triggered: Mapping[str, tuple[Placed, str]]
) -> None:
    placed, run = triggered["multi_step_loop"]
    ended = live.ended(placed.dag, run)
    before = everything(placed.store, placed.flow, placed.run_id(ended))
    (loop,) = [each.task for each in ended.tasks if each.task.endswith("_loop")]

    live.clear(placed.dag, run, loop)
    again = live.ended(placed.dag, run)

    assert again.state == "success", live.logs()
    assert _tries(again)[loop] == 2
    assert everything(placed.store, placed.flow, placed.run_id(again)) == before


def test_the_rounds_of_several_items_are_one_where_there_are_many(
    live: Live, tmp_path: Path
) -> None:
    """A file maps over a thousand entries at most; this one over two."""
    draft = place(FLOWS / "loop_in_foreach", tmp_path, tmp_path / "store", name="Wide")
    text = draft.file.read_text()
    draft.file.write_text(text.replace("MOST_TASKS = 1000", "MOST_TASKS = 2"))
    draft.file.parent.rename(live.airflow.dags / "Wide")

    ended = draft.run_live(live)

    assert ended.state == "success", live.logs()
    assert len([each for each in ended.tasks if each.task == "look_loop"]) == 2
    assert draft.artifacts(ended)["outcomes"] == ["landed", "landed", "lost"]


def test_a_round_that_fails_fails_the_run(live: Live, tmp_path: Path) -> None:
    placed = _place(
        live,
        tmp_path,
        """
        class RoundsFlow(FlowSpec):
            @step
            def start(self):
                self.rounds = 0
                self.next(self.turn)

            @step
            def turn(self):
                self.rounds += 1
                if self.rounds == 2:
                    raise RuntimeError("no second round")
                self.next(self.check)

            @step
            def check(self):
                self.way = "again"
                self.next({"again": self.turn, "done": self.end}, condition="way")

            @step
            def end(self):
                pass
        """,
    )

    ended = placed.run_live(live)

    assert ended.state == "failed"
    assert ended.states()["check_loop", -1] == "failed"
    assert ended.states()["end", -1] == "upstream_failed"
    assert placed.tasks(ended).keys() == {("start", "t"), ("turn", "t.r0"), ("check", "t.r0")}


# The smallest flows say little, and each task takes Airflow a second.
SOME = flows(max_steps=10).filter(
    lambda graph: not is_sequential(graph) and 5 < len(execute(graph)) < 20
)


@few(1)
@given(graphs=st.lists(SOME, min_size=4, max_size=4))
def test_random_flows_execute_what_the_oracle_says(
    live: Live, folder: Path, graphs: list[Graph]
) -> None:
    runs = []
    for graph in graphs:
        name = f"random-{next(NUMBERS)}"
        source = written(graph, folder / name)
        placed = place(source, live.airflow.dags, folder / "store", name=name)
        runs.append((placed, _trigger(live, placed, {})))

    for (placed, run), graph in zip(runs, graphs, strict=True):
        ended = live.ended(placed.dag, run)

        assert ended.state == "success", live.logs()
        assert executed(placed, ended) == execute(graph)


def _trigger(live: Live, placed: Placed, parameters: Mapping[str, str]) -> str:
    live.admit(placed.dag)
    return live.trigger(placed.dag, typed(placed.flow, parameters))


def _place(live: Live, folder: Path, source: str, **chosen: int) -> Placed:
    return place(write(folder / "source", source), live.airflow.dags, folder / "store", **chosen)


def _tries(ended: Ended) -> dict[str, int]:
    return {each.task: each.tries for each in ended.tasks}


def _most_at_once(tasks: list[Instance] | tuple[Instance, ...]) -> int:
    """How many task instances ran at the same time; one that ends as another begins did not."""
    moments = [(each.began, 1) for each in tasks] + [(each.ended, -1) for each in tasks]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most
