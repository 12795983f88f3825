"""Events and runs of other flows start flows, on Airflows at work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from airflow.compiled import Placed, place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from airflow.scheduler import Live

FLOW = """\
from flowc import FlowSpec, Parameter, schedule, step, trigger, trigger_on_finish


{decorator}
class {name}(FlowSpec):
    day = Parameter("day", {day})
    count = Parameter("count", type=int, default=1)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
FILLED = '{"name": "new.prices", "parameters": {"day": "date", "count": "n"}}'


def placed(
    live: Live, folder: Path, name: str, decorator: str, day: str = "default='today'"
) -> Placed:
    source = folder / name
    source.mkdir()
    (source / "flow.py").write_text(FLOW.format(decorator=decorator, name=name, day=day))
    flow = place(source, live.airflow.dags, folder / "store")
    live.admit(flow.dag)
    return flow


def send(live: Live, event: str, extra: Mapping[str, object]) -> None:
    """Send an event as docs/airflow.md says."""
    if live.airflow.version.startswith("2."):
        live.request("POST", "/datasets/events", {"dataset_uri": event, "extra": dict(extra)})
        return
    found = live.request("GET", f"/assets?name_pattern={event}")["assets"]
    (asset,) = (each["id"] for each in found if each["name"] == event)
    live.request("POST", "/assets/events", {"asset_id": asset, "extra": dict(extra)})


def first_run(live: Live, flow: Placed, kind: str = "", seconds: float = 100) -> str:
    """The id of the first run, or of the first of its kind, once there is one."""
    end = time.monotonic() + seconds
    while True:
        runs = [run for run in live.runs(flow.dag) if kind in run]
        if runs:
            return runs[0]
        assert time.monotonic() < end, live.logs()
        time.sleep(0.2)


def test_events_start_flows_and_give_them_parameters(live: Live, tmp_path: Path) -> None:
    first = placed(live, tmp_path, "FirstFlow", f"@trigger(event={FILLED})", "required=True")
    after = placed(live, tmp_path, "AfterFlow", '@trigger_on_finish(flow="FirstFlow")')
    both = placed(live, tmp_path, "BothFlow", f'@trigger(events=[{FILLED}, "old.prices"])')
    either = placed(
        live, tmp_path, "EitherFlow", '@trigger(event="old.prices")\n@schedule(weekly=True)'
    )

    send(live, "new.prices", {"date": "friday", "n": 4})
    ended = live.ended(first.dag, first_run(live, first))
    followed = live.ended(after.dag, first_run(live, after))
    assert live.runs(both.dag) == []
    send(live, "old.prices", {"date": "monday"})
    joined = live.ended(both.dag, first_run(live, both))

    states = [ended.state, followed.state, joined.state]
    assert states == ["success", "success", "success"], live.logs()
    found = first.artifacts(ended)
    assert (found["day"], found["count"]) == ("friday", 4)
    assert after.artifacts(followed)["day"] == "today"
    assert (both.artifacts(joined)["day"], both.artifacts(joined)["count"]) == ("friday", 4)
    # Where a flow has a schedule besides, Airflow 2 makes up for the time that has passed.
    assert live.ended(either.dag, first_run(live, either, "set_triggered")).state == "success"


def test_a_schedule_starts_runs_with_the_defaults(live: Live, tmp_path: Path) -> None:
    began = time.time()
    flow = placed(live, tmp_path, "MinuteFlow", '@schedule(cron="* * * * *")')

    ended = live.ended(flow.dag, first_run(live, flow))

    assert ended.state == "success", live.logs()
    assert ended.run.startswith("scheduled__")
    assert flow.artifacts(ended)["day"] == "today"
    assert min(task.began for task in ended.tasks) - began < 100
    live.request("PATCH", f"/dags/{flow.dag}", {"is_paused": True})
