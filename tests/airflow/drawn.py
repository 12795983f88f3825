"""Random flows for Airflow, and what of them the store has on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from oracle import Ran
from random_flows import GANG, Graph, render

if TYPE_CHECKING:
    from pathlib import Path

    from airflow.compiled import Placed
    from airflow.scheduler import Ended
    from oracle import Task


def few(examples: int) -> settings:
    """The same few examples on each run, and not made smaller: each takes Airflow seconds."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def is_sequential(graph: Graph) -> bool:
    """Whether `dag.test()` runs the flow."""
    has_gangs = any(node.kind == GANG for node in graph.steps.values())
    return graph.only_self_loops and not has_gangs


def written(graph: Graph, folder: Path) -> Path:
    """The folder with the flow's source, which is new."""
    folder.mkdir(parents=True)
    (folder / "flow.py").write_text(render(graph))
    return folder


def executed(placed: Placed, ended: Ended) -> dict[Task, Ran]:
    """What the store has on record of a run."""
    return {
        (step, path): Ran(tuple(before), str(placed.artifacts(ended, step, path)["trail"]))
        for (step, path), before in placed.tasks(ended).items()
    }
