"""Every fixture flow on Airflow: the same tasks, parents and artifacts as `flowc run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airflow.compiled import needs_scheduler, place, place_alone, typed
from fixture_flows import FLOWS, NAMES, everything, given, keeps_promises, read, run_locally

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.dag_runs import Tester

# Here is nothing that they could wait for.
SENSORS = "external_task|s3_key"
SEQUENTIAL = [name for name in NAMES if not needs_scheduler(read(name))]


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_fixtures_run_as_locally(name: str, tester: Tester, tmp_path: Path) -> None:
    placed = place_alone(FLOWS / name, tester, tmp_path / "store")
    flow = placed.flow

    ended = placed.run(tester, typed(flow, given(name, flow)), SENSORS)

    assert ended.state == "success", tester.log()
    found = everything(placed.store, flow, placed.run_id(ended))
    assert found == run_locally(name, flow, tmp_path / "local", placed.file.parent)
    assert keeps_promises(name, flow, found)


def test_airflow_reads_the_files_of_all_fixtures(tester: Tester, tmp_path: Path) -> None:
    placed = [place(FLOWS / name, tmp_path / "dags", tmp_path / "store") for name in NAMES]

    loaded = tester.load(tmp_path / "dags")

    assert loaded.errors == {}
    assert {each.dag for each in placed} <= set(loaded.dags)
