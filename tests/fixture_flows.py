"""The flows of `fixtures/flows`, and what a run of one leaves in a store, to compare engines by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promises import promised
from stored import Task, artifacts, parents

from flowc.driver import read_flow
from flowc.local.engine import run
from flowc.local.parameters import parse_parameters
from flowc.local.settings import RunSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowc.ir.flow import Flow

FLOWS = Path(__file__).parents[1] / "fixtures" / "flows"
NAMES = sorted(file.parent.name for file in FLOWS.glob("*/flow.py"))


def read(name: str) -> Flow:
    reading = read_flow(str(FLOWS / name / "flow.py"))
    assert reading.flow, reading.diagnostics
    return reading.flow


def given(name: str, flow: Flow) -> dict[str, str]:
    """The parameters of the fixture's command line, as text."""
    words = FLOWS / name / "arguments.txt"
    return parse_parameters(flow, words.read_text().split() if words.exists() else [])


def run_locally(
    name: str, flow: Flow, store: Path, source: Path | None = None
) -> Mapping[Task, tuple[list[Task], Mapping[str, object]]]:
    """What `flowc run` leaves in that store; `source` may be a copy of the flow's folder."""
    settings = RunSettings(
        "local", store, source or FLOWS / name, parameters=given(name, flow), max_workers=4
    )
    assert run(flow, settings, lambda _: None).succeeded
    return everything(store, flow, "local")


def everything(
    store: Path, flow: Flow, run_id: str
) -> Mapping[Task, tuple[list[Task], Mapping[str, object]]]:
    """Each task of a run with its parents and artifacts; exceptions as their text."""
    return {
        task: (sorted(before), _comparable(artifacts(store, flow.name, run_id, task)))
        for task, before in parents(store, flow.name, run_id).items()
    }


def keeps_promises(
    name: str, flow: Flow, found: Mapping[Task, tuple[list[Task], Mapping[str, object]]]
) -> bool:
    """Whether the last step has the artifacts that the flow's docstring promises."""
    promise = promised(FLOWS / name / "flow.py")
    assert promise
    _, last = found[flow.end, "t"]
    return {each: last[each] for each in promise} == promise


def _comparable(found: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name: str(value) if isinstance(value, Exception) else value for name, value in found.items()
    }
