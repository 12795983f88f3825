"""How far a run is, step by step, by what its tasks have left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from local.conftest import read

from flowc.history.progress import Progress, StepProgress
from flowc.history.reader import Reader
from flowc.local.engine import run
from flowc.local.settings import RunSettings

if TYPE_CHECKING:
    from local.conftest import Lab

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"


def _looked(progress: Progress) -> str:
    return ", ".join(
        f"{step.step} {step.done}/{'?' if step.total is None else step.total}"
        for step in progress.look()
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("split", "start 1/1, same 1/1, double 1/1, join 1/1, end 1/1"),
        (
            "nested_foreach",
            (
                "start 1/1, plane 2/2, row 4/4, cell 8/8, join_row 4/4, join_plane 2/2, join 1/1, "
                "end 1/1"
            ),
        ),
        (
            "switch_in_foreach",
            "start 1/1, look 4/4, even 2/?, odd 2/?, after 4/4, join 1/1, end 1/1",
        ),
        (
            "loop_in_foreach",
            (
                "start 1/1, launch 3/3, sink 11/?, look 11/?, drift 1/?, land 2/?, after 3/3, "
                "join 1/1, end 1/1"
            ),
        ),
        ("gang", "start 1/1, work 3/3, join 1/1, end 1/1"),
    ],
)
def test_all_of_a_finished_run_is_done(name: str, expected: str, tmp_path: Path) -> None:
    flow = read(FLOWS / name / "flow.py")
    settings = RunSettings("r", tmp_path, FLOWS / name)
    progress = Progress(Reader(str(tmp_path)), flow.name, "r")
    before = progress.look()
    assert run(flow, settings, lambda _: None).succeeded

    assert before == ()
    assert _looked(progress) == expected
    assert not any(step.open for step in progress.look())
    assert progress.file == "flow.py"


def test_what_is_not_done_is_open(lab: Lab) -> None:
    result = lab.run(
        """
        class F(FlowSpec):
            @step
            def start(self):
                self.xs = [2, 1, 0]
                self.next(self.fit, foreach="xs")

            @step
            def fit(self):
                self.ratio = 1 / self.input
                self.next(self.join)

            @step
            def join(self, inputs):
                self.next(self.end)

            @step
            def end(self):
                pass
        """
    )
    progress = Progress(Reader(str(lab.store)), result.flow, result.run)

    fit = progress.look()[1]

    assert fit == StepProgress("fit", 2, 3, frozenset({"t.2"}))
    assert _looked(progress) == "start 1/1, fit 2/3, join 0/1, end 0/1"
