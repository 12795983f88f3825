"""Runs as a server has them: they are started from others, and stopped with all of their rounds."""

from __future__ import annotations

from typing import Any

import pytest
from airflow_deploy.documents import text
from airflow_deploy.stand_in import Airflow

from flowc.deploy.access import Access
from flowc.deploy.airflow.runs import runs
from flowc.deploy.runs import Request, Runs
from flowc.errors import EngineError, UsageError

NAME = "TrainFlow"
LOOP = f"{NAME}.check"
CUT = "Truncated. You can change this behaviour in [core]max_templated_field_length."
RUN = "airflow-one"
PARAMS = {
    "day": {"value": None, "schema": {"type": "string"}},
    "any": {"value": None, "schema": {}},
    "size": {"value": 1, "schema": {"type": "integer"}},
    "seed": {"value": None, "schema": {"type": ["null", "integer"]}},
}


@pytest.fixture
def known(airflow: Airflow) -> Runs:
    """The runs of a flow with a loop, of which one goes on."""
    (airflow.folder / f"{NAME}.py").write_text(text(NAME, LOOP))
    airflow.read_files()
    airflow.paused[NAME] = False
    airflow.started(NAME, "one", conf={"day": "monday", "any": [1], "size": 7, "seed": 8})
    return runs(NAME, Access(airflow_url=airflow.url))


def conf(airflow: Airflow) -> dict[str, Any]:
    """What the newest run was given."""
    found: dict[str, Any] = airflow.runs[NAME][-1]["conf"]
    return found


def test_a_run_that_goes_on_from_another_has_its_values_of_what_must_be_given(
    airflow: Airflow, known: Runs
) -> None:
    airflow.params = PARAMS

    known.start(Request(origin=RUN))
    whence = {"flowc.origin": RUN, "flowc.from": ""}
    assert conf(airflow) == {"day": "monday", "any": [1], **whence}

    known.start(Request({"day": "friday"}, origin=RUN, again=("end",)))
    assert conf(airflow) == {"day": "friday", "any": [1], **whence, "flowc.from": "end"}


def test_values_that_airflow_does_not_know_any_more_are_asked_for(
    airflow: Airflow, known: Runs
) -> None:
    airflow.params = PARAMS

    with pytest.raises(EngineError, match=r"no run `airflow-two` any more.*`--day`.*pass it"):
        known.start(Request(origin="airflow-two"))
    known.start(Request({"day": "friday"}, origin="airflow-two"))
    assert conf(airflow)["day"] == "friday"

    airflow.runs[NAME][0]["conf"] = {}
    with pytest.raises(UsageError, match="was given no `--day`"):
        known.start(Request(origin=RUN))


def have_round(airflow: Airflow, name: str, run: str = RUN, **fields: str) -> None:
    airflow.started(LOOP, f"{run}.{name}", conf={"flowc.run": run}, **fields)


def test_rounds_that_begin_while_a_run_is_stopped_are_stopped(
    airflow: Airflow, known: Runs
) -> None:
    have_round(airflow, "t")
    failed: list[str] = []

    def when_failed(run: str) -> None:
        failed.append(run)
        if len(failed) < 4:
            have_round(airflow, f"t.{len(failed)}")

    airflow.when_failed = when_failed
    airflow.tasks["one"] = [
        {"task_id": "a", "map_index": -1, "operator": "Step", "try_number": 1, "state": "running"}
    ]

    assert known.stop(known.find(RUN), "stopped by me") == 1

    assert failed[0] == "one"
    states = [run["state"] for run in airflow.runs[LOOP]]
    assert states == ["failed"] * 4


def test_a_run_is_told_that_cannot_be_stopped(airflow: Airflow, known: Runs) -> None:
    airflow.when_failed = lambda _: have_round(airflow, f"t.{len(airflow.requests)}")

    with pytest.raises(EngineError, match="stop it again"):
        known.stop(known.find(RUN), "stopped by me")


def test_rounds_are_found_however_many_others_have_run_since(airflow: Airflow, known: Runs) -> None:
    for number in range(300):
        have_round(airflow, f"t.{number}", "airflow-before", start_date="2026-11-24T09:00:00Z")
    have_round(airflow, "t")
    for number in range(1500):
        have_round(airflow, f"t.{number}", "airflow-since")

    known.stop(known.find(RUN), "stopped by me")

    stopped = [run["dag_run_id"] for run in airflow.runs[LOOP] if run["state"] == "failed"]
    assert stopped == [f"{RUN}.t"]
    # Two listings, none of which goes on to what is older than the run.
    listed = [each for each in airflow.requests if each == f"GET /api/v1/dags/{LOOP}/dagRuns"]
    assert len(listed) == 2 * 16


def step_task(index: int = -1, **fields: Any) -> dict[str, Any]:
    known = {"task_id": "fit", "map_index": index, "operator": "Step", "try_number": 1}
    return {**known, "state": "failed", **fields}


def test_a_run_may_have_any_number_of_tasks(airflow: Airflow, known: Runs) -> None:
    airflow.tasks["one"] = [
        step_task(number, rendered_fields={"path": f"t.{number}"}) for number in range(10_100)
    ]

    assert known.log_of(known.find(RUN), ("fit", "t.10099")) is not None


def test_a_list_without_an_end_is_told(
    airflow: Airflow, known: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowc.deploy.airflow.server._PAGES", 2)
    airflow.tasks["one"] = [step_task(number) for number in range(201)]

    with pytest.raises(EngineError, match="no end of entries while listing the tasks"):
        known.log_of(known.find(RUN), ("fit", "t.1"))


@pytest.mark.parametrize(
    ("field", "first"),
    [
        ("t.0,t.1", "t.0"),
        (f"{CUT} 't.7,t.8,t.'... ", "t.7"),
        (f"{CUT} t.7,t.8,t....", "t.8"),
        (f"{CUT} t.7...", "?"),
        (CUT, "?"),
        (None, "t"),
    ],
)
def test_paths_that_airflow_has_cut_off_are_known_as_far_as_they_go(
    airflow: Airflow, known: Runs, field: str | None, first: str
) -> None:
    airflow.tasks["one"] = [step_task(rendered_fields={"path": field} if field else {})]
    airflow.runs[NAME][0]["state"] = "failed"

    run = known.find(RUN)

    assert known.log_of(run, ("fit", first)) is not None
    assert known.failures(run)[0].step == "fit"
