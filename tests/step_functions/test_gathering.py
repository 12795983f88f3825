"""A flow that waits for several events starts once all have happened, and then anew."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from step_functions.account import QUEUE
from step_functions.references import reference_errors
from step_functions.written import emitted, flow_of, source
from stored import artifacts

from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from pathlib import Path

    from step_functions.account import Account, Execution

BOTH = """
@trigger(
    events=[{"name": "prices", "parameters": {"day": "date"}}, "volumes"],
    options={"reset_at": {"cron": "0 4 * * *"}},
)
"""
DAY = '    day = Parameter("day", default="none")'
STEPS = """
    @step
    def start(self):
        self.found = self.day
        self.next(self.end)

    @step
    def end(self):
        pass
"""


class Machine:
    """A flow's state machine, to which things happen."""

    def __init__(self, aws: Account, folder: Path, bucket: str) -> None:
        flow = flow_of(source(BOTH, DAY, STEPS), folder)
        aws.s3.create_bucket(Bucket=bucket)
        options = CompileOptions(
            image=aws.image(flow, folder), store=f"s3://{bucket}", aws=AwsOptions(QUEUE)
        )
        manifest, found = get_target("step-functions").emit(flow, options)
        assert manifest, found
        self._aws = aws
        self._arn = aws.create(manifest, bucket)
        self._numbers = count()

    def executed(self, given: dict[str, Any]) -> tuple[str, Execution]:
        """The name of an execution with that input, and how it ended."""
        name = f"execution-{next(self._numbers)}"
        return name, self._aws.start(self._arn, name, given)

    def told(self, given: dict[str, Any]) -> str:
        """The run that an input has started, if it has."""
        name, executed = self.executed(given)
        assert executed.status == "SUCCEEDED", executed.cause
        assert isinstance(executed.output, dict)
        return f"sfn-{name}" if executed.output.get("run") else ""

    def event(self, event: str, **detail: str) -> dict[str, Any]:
        """An input that tells of an event."""
        number = f"event-{next(self._numbers)}"
        return {"id": number, "detail-type": event, "detail": detail}

    def happened(self, event: str, **detail: str) -> str:
        """The run that an event has started, if it has."""
        return self.told(self.event(event, **detail))


def test_all_events_are_waited_for(aws: Account, tmp_path: Path) -> None:
    machine = Machine(aws, tmp_path, "waited")

    assert machine.happened("prices", date="monday") == ""
    assert machine.happened("prices", date="tuesday") == ""
    run = machine.happened("volumes")
    assert run
    assert machine.happened("volumes") == ""
    assert machine.happened("prices", date="friday")

    aws.download("waited", tmp_path / "aws")
    found = artifacts(tmp_path / "aws", "TrainFlow", run, ("end", "t"))
    assert found["found"] == "tuesday"


def test_what_has_happened_is_forgotten_at_a_reset(aws: Account, tmp_path: Path) -> None:
    machine = Machine(aws, tmp_path, "forgotten")

    assert machine.happened("prices") == ""
    assert machine.told({"flowc.reset": 0}) == ""
    assert machine.happened("volumes") == ""
    assert machine.happened("prices")


def test_events_at_once_start_one_run(aws: Account, tmp_path: Path) -> None:
    machine = Machine(aws, tmp_path, "at-once")

    with ThreadPoolExecutor() as threads:
        runs = list(threads.map(machine.happened, ["prices", "volumes"] * 2))

    assert 1 <= len([run for run in runs if run]) <= 2


def test_who_was_not_the_soonest_looks_again(aws: Account, tmp_path: Path) -> None:
    machine = Machine(aws, tmp_path, "later")
    assert machine.happened("prices") == ""
    aws.fail("s3_condition", 9)

    assert machine.happened("volumes")
    assert aws.failures_left() == 0


@pytest.mark.parametrize(
    ("fault", "told", "left"),
    [
        ("s3_condition", "flowc.EventLost S3 has refused the record of what has started", 10),
        ("s3_denied", "S3.S3Exception Access Denied (Service: S3, Status Code: 403", 19),
    ],
)
def test_who_may_not_begin_says_why(
    aws: Account, tmp_path: Path, fault: str, told: str, left: int
) -> None:
    machine = Machine(aws, tmp_path, fault.replace("_", "-"))
    assert machine.happened("prices") == ""
    aws.fail(fault, 20)

    _, executed = machine.executed(machine.event("volumes"))

    assert executed.status == "FAILED"
    assert executed.cause.startswith(told)
    assert "Status Code: 4" in executed.cause
    assert aws.failures_left() == left
    aws.fail(fault, 0)
    assert machine.happened("volumes")


def test_an_execution_by_hand_waits_for_nothing(aws: Account, tmp_path: Path) -> None:
    machine = Machine(aws, tmp_path, "by-hand")

    assert machine.told({"parameters": {"day": "monday"}})


def test_definitions_refer_to_nothing_missing(tmp_path: Path) -> None:
    for decorators in (BOTH, '@trigger_on_finish(flows=["AFlow", "BFlow"])'):
        document, found = emitted(flow_of(source(decorators, DAY), tmp_path))

        assert found == []
        assert reference_errors(document["stateMachine"]["definition"]) == []
        assert len(document["rules"]) == 2
