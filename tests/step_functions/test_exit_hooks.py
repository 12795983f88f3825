"""What is called after an execution: by a job of its own, whatever became of the execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from step_functions.account import QUEUE
from step_functions.references import reference_errors
from step_functions.written import emitted, flow_of, source

from flowc.targets import get_target
from flowc.targets.target import AwsOptions, CompileOptions

if TYPE_CHECKING:
    from pathlib import Path

    from step_functions.account import Account, Execution

HOOKS = """
from pathlib import Path

def told(line):
    with Path(__file__).with_name("told").open("a") as file:
        file.write(line + "\\n")

def report(run):
    told(f"{run.pathspec} succeeded: {run.successful}")

def alert(run):
    told(f"{run.pathspec} succeeded: {run.successful}")

def broken():
    told("broken")
    raise ValueError("no hook")

def page():
    told("paged")
"""
DECORATORS = """
@exit_hook(on_success=[broken, report], on_error=[broken, alert])
@exit_hook(on_error=[page], options={"image": "pager"})
"""
STEPS = """
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        if self.fails:
            raise KeyError("of the flow")
"""
FAILS = '    fails = Parameter("fails", default=False)'


def execute(aws: Account, folder: Path, run: str, *, fails: bool) -> tuple[Execution, list[str]]:
    flow = flow_of(source(DECORATORS, FAILS, STEPS, HOOKS), folder)
    aws.s3.create_bucket(Bucket=run)
    image = aws.image(flow, folder)
    options = CompileOptions(image=image, store=f"s3://{run}", aws=AwsOptions(QUEUE))
    manifest, found = get_target("step-functions").emit(flow, options)
    assert manifest, found
    executed = aws.execute(manifest, run, {"fails": fails})
    return executed, (folder / "told").read_text().splitlines()


def test_success_is_told(aws: Account, tmp_path: Path) -> None:
    executed, told = execute(aws, tmp_path, "success", fails=False)

    assert executed.status == "SUCCEEDED", executed.cause
    assert told == ["broken", "TrainFlow/sfn-success succeeded: True"]


def test_failure_is_told_and_stays_one(aws: Account, tmp_path: Path) -> None:
    executed, told = execute(aws, tmp_path, "failure", fails=True)

    assert executed.status == "FAILED"
    assert executed.cause.startswith("flowc.TaskFailed ")
    assert "Essential container in task exited" in executed.cause
    assert told == ["broken", "TrainFlow/sfn-failure succeeded: False", "paged"]


@pytest.mark.parametrize("hooks", ["on_success=[page]", "on_error=[page]"])
def test_hooks_of_one_kind_are_enough(hooks: str, tmp_path: Path) -> None:
    document, _ = emitted(flow_of(source(f"@exit_hook({hooks})", before=HOOKS), tmp_path))

    assert reference_errors(document["stateMachine"]["definition"]) == []


def test_hooks_share_the_job_definition_of_steps_unless_they_have_an_image(tmp_path: Path) -> None:
    document, _ = emitted(flow_of(source(DECORATORS, before=HOOKS), tmp_path))

    images = [job["containerProperties"]["image"] for job in document["jobDefinitions"]]
    assert images == ["registry.example/flows:1", "pager"]
