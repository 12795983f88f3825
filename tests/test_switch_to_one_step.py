"""A switch whose cases all lead to one step is told, and runs like a plain transition."""

from __future__ import annotations

from pathlib import Path

import pytest
from argo.interpreter import submit
from stored import artifacts

from flowc.driver import read_flow
from flowc.local.engine import run
from flowc.local.settings import RunSettings
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

HEAD = "from metaflow import FlowSpec, step\n\n\nclass OneWayFlow(FlowSpec):\n"
CHOOSE = 'self.way = "b"; self.next({"a": self.then, "b": self.then}, condition="way")'
FLOWS = {
    "plain": {"start": CHOOSE, "then": "self.seen = self.way; self.next(self.end)"},
    "in a split": {
        "start": "self.next(self.choose, self.other)",
        "choose": CHOOSE,
        "then": "self.next(self.join)",
        "other": "self.next(self.join)",
        "join": "self.seen = inputs.then.way; self.next(self.end)",
    },
    "in a foreach": {
        "start": 'self.xs = [1, 2]; self.next(self.choose, foreach="xs")',
        "choose": CHOOSE,
        "then": "self.next(self.join)",
        "join": "self.seen = inputs[1].way; self.next(self.end)",
    },
    "in a loop": {
        "start": "self.rounds = 0; self.next(self.choose)",
        "choose": CHOOSE,
        "then": "self.rounds += 1; self.seen = self.way; self.more = self.rounds < 3; "
        'self.next({True: self.choose, False: self.end}, condition="more")',
    },
    "in an arm": {
        "start": 'self.arm = 1; self.next({1: self.choose, 2: self.end}, condition="arm")',
        "choose": CHOOSE,
        "then": "self.seen = self.way; self.next(self.end)",
    },
}


def source(steps: dict[str, str]) -> str:
    lines = [HEAD]
    for name, body in {**steps, "end": "pass"}.items():
        arguments = "self, inputs" if name == "join" else "self"
        lines += ["    @step", f"    def {name}({arguments}):", f"        {body}", ""]
    return "\n".join(lines)


@pytest.mark.parametrize("name", FLOWS)
def test_it_runs_here_and_on_argo(name: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(source(FLOWS[name]))
    reading = read_flow(str(tmp_path / "flow.py"))
    assert reading.flow, reading.diagnostics
    manifest, _ = get_target("argo").emit(reading.flow, CompileOptions(image="image:1"))
    assert manifest

    store = tmp_path / "store"
    result = run(reading.flow, RunSettings("local", store, tmp_path), lambda _: None)
    workflow = submit(manifest.text, source=tmp_path, store=store, run="argo", parameters={})

    assert [each.code for each in reading.diagnostics] == ["FC207"]
    assert result.succeeded, result.failures
    assert workflow.phase == "Succeeded", workflow.message
    seen_in = "join" if "join" in FLOWS[name] else "then"
    path = "t.r2" if "loop" in name else "t"
    for where in ("local", "argo"):
        assert artifacts(store, "OneWayFlow", where, (seen_in, path))["seen"] == "b"


def test_a_value_that_is_no_case_fails_the_step(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(source(FLOWS["plain"]).replace('way = "b"', 'way = "c"'))
    flow = read_flow(str(tmp_path / "flow.py")).flow
    assert flow

    result = run(flow, RunSettings("r", tmp_path / "store", tmp_path), lambda _: None)

    assert not result.succeeded
