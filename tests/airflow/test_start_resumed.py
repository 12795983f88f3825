"""Runs on Airflow that resume others, through all DAGs of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.compiled import place

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.scheduler import Live

FLOW = """\
from flowc import FlowSpec, step


class RoundsFlow(FlowSpec):
    @step
    def start(self):
        self.round = 0
        self.next(self.grow)

    @step
    def grow(self):
        open("{place}/ran", "a").write("grow ")
        self.round += 1
        self.next(self.judge)

    @step
    def judge(self):
        open("{place}/ran", "a").write("judge ")
        self.more = "yes" if self.round < 2 else "no"
        self.next({{"yes": self.grow, "no": self.end}}, condition="more")

    @step
    def end(self):
        open("{place}/ran", "a").write("end ")
"""


def test_rounds_of_a_loop_are_those_of_the_run_that_is_resumed(live: Live, tmp_path: Path) -> None:
    source, ran = tmp_path / "source", tmp_path / "ran"
    source.mkdir()
    (source / "flow.py").write_text(FLOW.format(place=tmp_path))
    flow = place(source, live.airflow.dags, tmp_path / "store")
    # A loop's rounds are runs of a DAG of its own.
    live.admit(f"{flow.dag}.judge")
    first = flow.run_live(live)
    assert (first.state, ran.read_text()) == ("success", "grow judge grow judge end "), live.logs()
    ran.write_text("")

    again = flow.run_live(live, {"flowc.origin": flow.run_id(first), "flowc.from": "end"})

    assert again.state == "success", live.logs()
    assert ran.read_text() == "end "
    assert flow.artifacts(again)["round"] == 2
