"""Airflow executes what the oracle says of random flows: the same tasks, parents and artifacts."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from airflow.compiled import place_alone
from airflow.drawn import executed, few, is_sequential, written
from hypothesis import given
from oracle import execute
from random_flows import Graph, flows

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.dag_runs import Tester

NUMBERS = count()
# The smallest flows say little.
SOME = flows(max_steps=15).filter(lambda graph: is_sequential(graph) and len(graph.steps) > 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("flows")


@few(6)
@given(graph=SOME)
def test_dags_execute_what_the_oracle_says(tester: Tester, folder: Path, graph: Graph) -> None:
    source = written(graph, folder / f"flow-{next(NUMBERS)}")
    placed = place_alone(source, tester, folder / "store", name=source.name)

    ended = placed.run(tester)

    assert ended.state == "success", tester.log()
    assert executed(placed, ended) == execute(graph)
