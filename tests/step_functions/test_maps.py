"""How foreaches run: within an execution, or in one for each item, some of them after others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from step_functions.account import QUEUE
from step_functions.references import machines
from step_functions.test_definitions import FLOWS, OPTIONS, compiled, definition_of, read
from stored import parents

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.step_functions import states
from flowc.targets.target import AwsOptions, MapMode

if TYPE_CHECKING:
    from step_functions.account import Account

    from flowc.ir.flow import Flow
    from flowc.targets.target import Manifest

LOOP = """
from flowc import FlowSpec, step


class LoopFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.first)

    @step
    def first(self):
        self.items = [1, 2]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.decide)

    @step
    def decide(self):
        self.more = "no"
        self.next({{"yes": self.first, "no": self.{after}}}, condition="more")
{rest}
    @step
    def end(self):
        pass
"""
STEP = """\
    @step
    def {name}(self):
        self.next(self.{after})
"""


def modes(flow: Flow, max_workers: int, mode: MapMode = MapMode.AUTO) -> list[tuple[str, int]]:
    options = replace(OPTIONS, max_workers=max_workers, aws=replace(OPTIONS.aws, map_mode=mode))
    return [
        (state["ItemProcessor"]["ProcessorConfig"]["Mode"], state["MaxConcurrency"])
        for machine in machines(definition_of(compiled(flow, options)))
        for state in machine["States"].values()
        if state["Type"] == "Map"
    ]


def flow_of(source: str, folder: Path) -> Flow:
    file = folder / "flow.py"
    file.write_text(source)
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    return reading.flow


def found_in(flow: Flow, mode: MapMode = MapMode.AUTO, max_workers: int = 100) -> list[Any]:
    options = replace(OPTIONS, max_workers=max_workers, aws=replace(OPTIONS.aws, map_mode=mode))
    _, diagnostics = get_target("step-functions").emit(flow, options)
    return diagnostics


def test_a_wide_foreach_gives_each_item_an_execution() -> None:
    found = modes(read("nested_foreach"), 500)

    assert found[0] == ("DISTRIBUTED", 500)
    assert found[-1] == ("INLINE", 40)


def test_a_narrow_foreach_does_so_where_items_may_have_long_histories() -> None:
    assert modes(read("nested_foreach"), 10)[0] == ("DISTRIBUTED", 10)
    assert modes(read("foreach"), 10) == [("INLINE", 10)]


def test_a_foreach_in_a_loop_leaves_the_history_to_the_loop(tmp_path: Path) -> None:
    assert modes(flow_of(LOOP.format(after="end", rest=""), tmp_path), 10) == [("DISTRIBUTED", 10)]


@pytest.mark.parametrize("mode", [MapMode.INLINE, MapMode.DISTRIBUTED])
def test_a_mode_that_is_asked_for_is_that_of_all(mode: MapMode) -> None:
    assert {name for name, _ in modes(read("nested_foreach"), 100, mode)} == {mode.value.upper()}


def test_no_more_than_40_items_run_inline() -> None:
    found = found_in(read("nested_foreach"), MapMode.INLINE, 100)

    assert {each.code for each in found} == {"FC657"}
    assert "40 of them run at once, not 100" in found[0].message


def test_a_loop_with_long_rounds_is_told(tmp_path: Path) -> None:
    rest = "".join(
        STEP.format(name=f"s{number}", after=f"s{number + 1}" if number < 29 else "again")
        for number in range(30)
    )
    again = """
    @step
    def again(self):
        self.go = "no"
        self.next({"yes": self.s0, "no": self.end}, condition="go")
"""
    source = LOOP.format(after="s0", rest=f"{rest}{again}")

    found = found_in(flow_of(source, tmp_path))

    assert [each.code for each in found] == ["FC741"]
    assert found[0].message == (
        "an execution has room for 129 rounds of the loop: each takes some 193 of the 25,000 "
        "events of its history"
    )


def run_of(aws: Account, bucket: str) -> Manifest:
    """The manifest of the fixture `foreach`, whose runs are kept in a bucket."""
    fixture = read("foreach")
    aws.s3.create_bucket(Bucket=bucket)
    image = aws.image(fixture, FLOWS / "foreach")
    own = AwsOptions(job_queue=QUEUE)
    return compiled(fixture, replace(OPTIONS, image=image, store=f"s3://{bucket}", aws=own))


def test_more_items_than_a_state_holds_run_after_each_other(
    aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "MOST_ITEMS", 2)

    executed = aws.execute(run_of(aws, "chunks"), "chunks")

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download("chunks", tmp_path)
    found = parents(tmp_path, "ForeachFlow", "sfn-chunks")
    assert found["join", "t"] == [("measure", f"t.{index}") for index in range(3)]


def test_an_execution_takes_over_what_another_has_finished(aws: Account, tmp_path: Path) -> None:
    manifest = run_of(aws, "origins")
    assert aws.execute(manifest, "first").status == "SUCCEEDED"

    executed = aws.execute(manifest, "second", whole={"origin": "sfn-first", "from": "join"})

    assert executed.status == "SUCCEEDED", executed.cause
    aws.download("origins", tmp_path)
    records = tmp_path / "ForeachFlow" / "sfn-second" / "_flowc" / "done"
    origins = {
        file.relative_to(records).as_posix(): json.loads(file.read_text()).get("origin")
        for file in records.glob("*/*.json")
    }
    assert origins == {
        "start/t.json": "sfn-first",
        **{f"measure/t.{index}.json": "sfn-first" for index in range(3)},
        "join/t.json": None,
        "end/t.json": None,
    }
