"""What becomes of an execution when something fails: in a task, in AWS, or between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from step_functions.account import QUEUE
from stored import parents

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from step_functions.account import Account, Execution

MODES = {"an execution for each item": 100, "within one execution": 10}


class Run:
    """A flow's source, run in a bucket of its own."""

    def __init__(self, aws: Account, source: str, folder: Path) -> None:
        self._aws = aws
        self._folder = folder
        (folder / "flow.py").write_text(source, encoding="utf-8")
        reading = read_flow(str(folder / "flow.py"))
        assert reading.flow, reading.diagnostics
        self._flow = reading.flow
        self.name = f"failures-{len(aws.s3.list_buckets()['Buckets'])}"
        aws.s3.create_bucket(Bucket=self.name)

    def execute(self, max_workers: int = 100) -> Execution:
        image = self._aws.image(self._flow, self._folder)
        options = CompileOptions(
            image=image,
            store=f"s3://{self.name}",
            max_workers=max_workers,
            aws=AwsOptions(QUEUE),
        )
        manifest, diagnostics = get_target("step-functions").emit(self._flow, options)
        assert manifest, diagnostics
        return self._aws.execute(manifest, self.name)

    def tasks(self) -> set[str]:
        """The steps and paths of the tasks that have finished."""
        self._aws.download(self.name, self._folder / "store")
        done = parents(self._folder / "store", self._flow.name, f"sfn-{self.name}")
        return {f"{step} {path}" for step, path in done}


FAILING_ITEM = """
from flowc import FlowSpec, step


class ItemsFlow(FlowSpec):
    @step
    def start(self):
        self.items = [1, 0, 2]
        self.next(self.divide, foreach="items")

    @step
    def divide(self):
        self.share = 1 / self.input
        self.next(self.after)

    @step
    def after(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize("max_workers", MODES.values(), ids=MODES)
def test_an_item_that_fails_fails_the_execution(
    aws: Account, tmp_path: Path, max_workers: int
) -> None:
    run = Run(aws, FAILING_ITEM, tmp_path)

    executed = run.execute(max_workers)

    assert executed.status == "FAILED"
    found = run.tasks()
    assert "start t" in found
    assert found.isdisjoint({"divide t.1", "after t.1", "join t", "end t"})
    told = "States.ExceedToleratedFailureThreshold" if max_workers > 40 else "States.TaskFailed"
    assert executed.cause.startswith(told)
