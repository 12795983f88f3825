"""Airflow executes what the oracle says of random flows: the same tasks, parents and artifacts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.compiled import Placed, place_alone
from hypothesis import HealthCheck, given, settings
from oracle import Ran, execute
from random_flows import GANG, Graph, flows, render

if TYPE_CHECKING:
    from airflow.dag_runs import Tester
    from airflow.scheduler import Ended

NUMBERS = count()


def is_sequential(graph: Graph) -> bool:
    """Whether `dag.test()` runs the flow; the smallest say little."""
    has_gangs = any(node.kind == GANG for node in graph.steps.values())
    return graph.only_self_loops and not has_gangs and len(graph.steps) > 10


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(graph=flows(max_steps=15).filter(is_sequential))
def test_dags_execute_what_the_oracle_says(tester: Tester, folder: Path, graph: Graph) -> None:
    source = folder / f"flow-{next(NUMBERS)}"
    source.mkdir()
    (source / "flow.py").write_text(render(graph))
    placed = place_alone(source, tester, folder / "store", name=source.name)

    ended = placed.run(tester)

    assert ended.state == "success", tester.log()
    assert executed(placed, ended) == execute(graph)


def executed(placed: Placed, ended: Ended) -> dict[tuple[str, str], Ran]:
    """What the store has on record of a run."""
    return {
        (step, path): Ran(tuple(before), str(placed.artifacts(ended, step, path)["trail"]))
        for (step, path), before in placed.tasks(ended).items()
    }
