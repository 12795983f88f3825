"""What becomes of an execution when something fails: in a task, in AWS, or between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from step_functions.account import QUEUE
from stored import artifacts, parents

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
        done = parents(self._store(), self._flow.name, f"sfn-{self.name}")
        return {f"{step} {path}" for step, path in done}

    def artifacts(self, task: str) -> dict[str, object]:
        """The artifacts of a task, by its step and path."""
        step, path = task.split()
        return artifacts(self._store(), self._flow.name, f"sfn-{self.name}", (step, path))

    def _store(self) -> Path:
        store = self._folder / "store"
        if not store.exists():
            self._aws.download(self.name, store)
        return store


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


FAILING_BRANCH = """
from flowc import FlowSpec, step


class BranchesFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.left, self.right)

    @step
    def left(self):
        raise ValueError("always")
        self.next(self.join)

    @step
    def right(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_branch_that_fails_fails_the_execution(aws: Account, tmp_path: Path) -> None:
    run = Run(aws, FAILING_BRANCH, tmp_path)

    executed = run.execute()

    assert executed.status == "FAILED"
    assert executed.cause.startswith("States.TaskFailed")
    assert run.tasks() <= {"start t", "right t"}


FOREACH = """
from flowc import FlowSpec, step


class BusyFlow(FlowSpec):
    @step
    def start(self):
        self.items = [1]
        self.next(self.work, foreach="items")

    @step
    def work(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_services_that_are_busy_are_asked_again(aws: Account, tmp_path: Path) -> None:
    run = Run(aws, FOREACH, tmp_path)
    aws.fail("batch", 1)
    aws.fail("batch_within", 1)
    aws.fail("s3", 1)

    executed = run.execute()

    assert executed.status == "SUCCEEDED", executed.cause
    assert aws.failures_left() == 0
    assert run.tasks() == {"start t", "work t.0", "join t", "end t"}


KILLED = """
import os, signal

from flowc import FlowSpec, catch, current, retry, step


class KilledFlow(FlowSpec):
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        if current.retry_count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.attempt = current.retry_count
        self.next(self.lost)

    @catch(var="failure")
    @retry(times=1, minutes_between_retries=0)
    @step
    def lost(self):
        os.kill(os.getpid(), signal.SIGKILL)
        self.next(self.end)

    @step
    def end(self):
        self.caught = bool(self.failure)
"""


def test_jobs_that_are_killed_are_retried_then_caught(aws: Account, tmp_path: Path) -> None:
    run = Run(aws, KILLED, tmp_path)

    executed = run.execute()

    assert executed.status == "SUCCEEDED", executed.cause
    assert executed.jobs == 2 + 3 + 1
    assert run.artifacts("lost t")["attempt"] == 1
    assert run.artifacts("end t")["caught"] is True


RETRIED = """
from flowc import FlowSpec, current, retry, step


class RetriedFlow(FlowSpec):
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        self.attempt = current.retry_count
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_job_that_is_lost_before_it_starts_is_an_attempt(aws: Account, tmp_path: Path) -> None:
    run = Run(aws, RETRIED, tmp_path)
    aws.fail("host", 1)

    executed = run.execute()

    assert executed.status == "SUCCEEDED", executed.cause
    assert executed.jobs == 2 + 1
    assert run.artifacts("end t")["attempt"] == 1


FAILING = """
from flowc import FlowSpec, catch, current, retry, step


class FailingFlow(FlowSpec):
    @catch(var="failure")
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        if current.retry_count == 0:
            raise ValueError("once")
        self.attempt = current.retry_count
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_host_that_is_lost_takes_no_attempt_from_a_step_that_is_caught(
    aws: Account, tmp_path: Path
) -> None:
    run = Run(aws, FAILING, tmp_path)
    aws.fail("host", 1)

    executed = run.execute()

    assert executed.status == "SUCCEEDED", executed.cause
    assert run.artifacts("end t")["attempt"] == 1
    assert run.artifacts("end t")["failure"] is None
    assert executed.jobs == 3 + 1


FATAL = """
from flowc import FlowSpec, retry, step


class FatalFlow(FlowSpec):
    @retry(times=1, minutes_between_retries=0)
    @step
    def start(self):
        raise ValueError("always")
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_task_that_fails_for_good_fails_the_execution(aws: Account, tmp_path: Path) -> None:
    run = Run(aws, FATAL, tmp_path)

    executed = run.execute()

    assert executed.status == "FAILED"
    assert executed.cause.startswith("States.TaskFailed")
    assert executed.jobs == 2
    assert run.tasks() == set()
