"""A workflow that resumes another one, by its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argo.interpreter import submit
from stored import artifacts

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
from flowc import *

class F(FlowSpec):
    alpha = Parameter("alpha", default=1)

    @step
    def start(self):
        self.xs = [1, 2]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        assert self.input != {bad}
        self.y = {factor} * self.input
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [each.y for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        self.seen = (self.alpha, current.origin_run_id)
"""


def submitted(folder: Path, run: str, bad: int, factor: int, **parameters: str) -> str:
    """The phase in which a workflow ends."""
    (folder / "flow.py").write_text(FLOW.format(bad=bad, factor=factor))
    flow = read_flow(str(folder / "flow.py")).flow
    assert flow
    manifest, _ = get_target("argo").emit(flow, CompileOptions(image="python"))
    assert manifest
    names = {name.replace("_", "-"): text for name, text in parameters.items()}
    store = folder / "store"
    return submit(manifest.text, source=folder, store=store, run=run, parameters=names).phase


def test_a_workflow_resumes_another(tmp_path: Path) -> None:
    assert submitted(tmp_path, "first", bad=2, factor=1, alpha="5") == "Failed"

    assert submitted(tmp_path, "second", bad=0, factor=10, flowc_origin="first") == "Succeeded"

    found = artifacts(tmp_path / "store", "F", "second", ("end", "t"))
    assert found["seen"] == (5, "first")
    assert artifacts(tmp_path / "store", "F", "second", ("join", "t"))["ys"] == [1, 20]


def test_a_workflow_runs_a_step_again(tmp_path: Path) -> None:
    submitted(tmp_path, "first", bad=0, factor=1)

    words = {"flowc_origin": "first", "flowc_from": "fit"}
    assert submitted(tmp_path, "second", bad=0, factor=3, **words) == "Succeeded"

    assert artifacts(tmp_path / "store", "F", "second", ("join", "t"))["ys"] == [3, 6]
