"""Random flows as pipelines: the tasks and parents that the oracle predicts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from argo.drawn import drawn_flow
from hypothesis import given, settings
from kubeflow.compiled import place
from kubeflow.test_pipelines import PROFILE
from oracle import oracle
from random_flows import Graph, flows, render

if TYPE_CHECKING:
    from kubeflow.local_runs import Kfp


@settings(PROFILE, max_examples=12)
@given(graph=flows(max_steps=15))
def test_tasks_and_parents_are_those_of_the_oracle(kfp: Kfp, graph: Graph) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "flow.py").write_text(render(graph), encoding="utf-8")
        placed = place(drawn_flow(graph), folder, folder)

        ended = placed.run(kfp)

        assert ended.state == "succeeded", ended.error + kfp.log()
        assert {task: sorted(before) for task, before in placed.tasks().items()} == oracle(graph)
