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
