"""Gangs as multi-node jobs: what they are compiled to, and that all members end before the job."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from package.packed import write
from step_functions.account import QUEUE
from step_functions.references import machines, reference_errors
from step_functions.test_definitions import OPTIONS, compiled, definition_of, read
from step_functions.test_problems import found_in
from stored import artifacts

from flowc.deploy.step_functions.runs import StepFunctionsRuns
from flowc.deploy.step_functions.session import Session
from flowc.diagnostics import Severity
from flowc.driver import read_flow
from flowc.ir.flow import Policy, Runtime
from flowc.targets import get_target
from flowc.targets.target import AwsCompute, AwsGang, AwsOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from step_functions.account import Account, Execution

    from flowc.diagnostics import Diagnostic
    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions

GANG = """\
from flowc import FlowSpec, batch, catch, current, parallel, retry, step


class GangFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.work, num_parallel=2)

    {decorators}
    @parallel
    @step
    def work(self):
        self.told = [current.parallel.node_index, current.retry_count]
        {body}
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = [{seen} for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def written(folder: Path, **said: str) -> Flow:
    plain = {"decorators": "", "body": "", "seen": "each.told"}
    file = write(folder, {"flow.py": GANG.format(**{**plain, **said})})
    reading = read_flow(str(file))
    assert reading.flow, reading.diagnostics
    return reading.flow


def execute(aws: Account, flow: Flow, folder: Path, name: str) -> Execution:
    aws.s3.create_bucket(Bucket=f"gang-{name}")
    options = replace(
        OPTIONS,
        image=aws.image(flow, folder),
        store=f"s3://gang-{name}",
        aws=AwsOptions(QUEUE),
    )
    return aws.execute(compiled(flow, options), name)


def seen(aws: Account, folder: Path, name: str) -> Any:
    aws.download(f"gang-{name}", folder / "store")
    found: Mapping[str, object] = artifacts(
        folder / "store", "GangFlow", f"sfn-{name}", ("join", "t")
    )
    return found["seen"]


def test_the_nodes_of_a_job_are_told_of_each_other(aws: Account, tmp_path: Path) -> None:
    body = "import os; self.told.append(os.environ['MAIN_IP'] == current.parallel.main_ip)"
    flow = written(tmp_path, body=body)

    executed = execute(aws, flow, tmp_path, "told")

    assert executed.status == "SUCCEEDED", executed.cause
    assert seen(aws, tmp_path, "told") == [[0, 0, True], [1, 0, True]]


def test_a_node_that_fails_starts_the_job_again(aws: Account, tmp_path: Path) -> None:
    flow = written(
        tmp_path,
        decorators="@retry(times=1, minutes_between_retries=0)",
        body="1 / (current.parallel.node_index == 0 or current.retry_count)",
    )

    executed = execute(aws, flow, tmp_path, "again")

    assert executed.status == "SUCCEEDED", executed.cause
    assert seen(aws, tmp_path, "again") == [[0, 1], [1, 1]]


def test_a_gang_that_fails_for_good_falls_back(aws: Account, tmp_path: Path) -> None:
    flow = written(
        tmp_path,
        decorators="@catch(var='failure')",
        body="1 / (current.parallel.node_index == 0)",
        seen="each.failure.type",
    )

    executed = execute(aws, flow, tmp_path, "caught")

    assert executed.status == "SUCCEEDED", executed.cause
    assert seen(aws, tmp_path, "caught") == [
        "flowc.runtime.errors.FailedAttemptsError",
        "builtins.ZeroDivisionError",
    ]


def test_a_gang_that_is_not_caught_fails_the_execution(aws: Account, tmp_path: Path) -> None:
    flow = written(tmp_path, body="1 / (current.parallel.node_index == 1)")

    executed = execute(aws, flow, tmp_path, "failed")

    assert executed.status == "FAILED"
    assert executed.cause.startswith("flowc.GangFailed job ")


def test_definitions_refer_to_nothing_missing(tmp_path: Path) -> None:
    flow = written(tmp_path)
    retried = replace(flow.steps["work"], policy=Policy(retries=2, retry_delay=60))
    delayed = replace(flow, steps={**flow.steps, "work": retried})

    for each in (flow, delayed):
        assert reference_errors(definition_of(compiled(each))) == []
    (states,) = [
        machine["States"]
        for machine in machines(definition_of(compiled(delayed)))
        if "work:again" in machine["States"]
    ]
    assert states["work:again"]["Seconds"] == 60


def test_only_batch_on_ec2_has_multinode_jobs(tmp_path: Path) -> None:
    flow = written(tmp_path)
    network = {"cluster": "c", "subnets": ("s",), "execution_role": "r"}

    def kinds(**said: Any) -> list[str]:
        aws = AwsOptions("train", **network, **said)  # type: ignore[arg-type]
        document = compiled(flow, replace(OPTIONS, aws=aws)).documents[0]
        return [each.get("type", "task") for each in next(iter(list(document.values())[1:]))]

    assert kinds() == ["container", "multinode"]
    assert kinds(gang=AwsGang.CONTAINERS) == ["container"]
    assert kinds(compute=AwsCompute.BATCH_FARGATE) == ["container"]
    assert kinds(compute=AwsCompute.ECS) == ["task"]


def test_a_gang_that_cannot_be_a_multinode_job_is_told(tmp_path: Path) -> None:
    flow = written(tmp_path)
    asked = replace(OPTIONS, aws=replace(OPTIONS.aws, gang=AwsGang.MULTINODE))
    fargate = replace(
        asked, aws=replace(asked.aws, compute=AwsCompute.BATCH_FARGATE, execution_role="r")
    )

    assert found_in(flow, asked) == []
    assert found_in(flow, fargate) == [("FC653", Severity.ERROR)]
    assert found_in(replace(flow, runtime=Runtime.METAFLOW), asked) == [("FC653", Severity.ERROR)]
    assert found_in(read("linear"), fargate) == []


def test_who_stops_a_run_ends_the_job_of_its_gang(
    aws: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    flow = written(tmp_path, body="import time; time.sleep(60)")
    aws.s3.create_bucket(Bucket="gang-stopped")
    image = aws.image(flow, tmp_path)
    options = replace(OPTIONS, image=image, store="s3://gang-stopped", aws=AwsOptions(QUEUE))
    machine = aws.deploy(compiled(flow, options), "stopped-gang")
    aws.machines.start_execution(stateMachineArn=f"{machine}:live", name="stopped")
    runs = StepFunctionsRuns("stopped-gang", Session())
    until(lambda: "GangFlow-sfn-stopped-work-t" in running(aws))

    ended = runs.stop(runs.find("sfn-stopped"), "enough")

    assert ended == 1
    until(lambda: "GangFlow-sfn-stopped-work-t" not in running(aws))


BESIDE = """\
import time
from pathlib import Path

from flowc import FlowSpec, Parameter, current, exit_hook, parallel, retry, step


def there(name):
    for _ in range(1200):
        if Path(__file__).with_name(name).exists():
            return True
        time.sleep(0.1)


def told():
    Path(__file__).with_name("told").touch()


@exit_hook(on_error=[told])
class BesideFlow(FlowSpec):
    fails = Parameter("fails", default=False)

    @step
    def start(self):
        self.next(self.open, self.other)

    @step
    def open(self):
        self.next(self.work, num_parallel=2)

    @retry(times=1, minutes_between_retries=0)
    @parallel
    @step
    def work(self):
        1 / (current.retry_count or not self.fails)
        Path(__file__).with_name(f"begun-{current.run_id}").touch()
        there("enough")
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.next(self.join)

    @step
    def other(self):
        if self.fails:
            there(f"begun-{current.run_id}")
            raise ValueError("beside")
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_a_failure_elsewhere_ends_the_job_of_a_gang(aws: Account, tmp_path: Path) -> None:
    reading = read_flow(str(write(tmp_path, {"flow.py": BESIDE})))
    assert reading.flow, reading.diagnostics
    aws.s3.create_bucket(Bucket="gang-beside")
    image = aws.image(reading.flow, tmp_path)
    options = replace(OPTIONS, image=image, store="s3://gang-beside", aws=AwsOptions(QUEUE))
    machine = aws.create(compiled(reading.flow, options), "beside")
    aws.machines.start_execution(stateMachineArn=machine, name="kept", input="{}")
    until((tmp_path / "begun-sfn-kept").exists)

    failed = aws.start(machine, "failed", {"parameters": {"fails": True}})

    assert failed.status == "FAILED"
    assert failed.cause.startswith("flowc.TaskFailed ")
    assert (tmp_path / "told").exists()
    until(lambda: "BesideFlow-sfn-failed-work-t" not in running(aws))
    assert "BesideFlow-sfn-kept-work-t" in running(aws)
    ended = aws.batch.list_jobs(jobQueue=QUEUE, jobStatus="FAILED")["jobSummaryList"]
    reasons = {job["statusReason"] for job in ended if job["jobName"].startswith("BesideFlow-")}
    assert reasons == {"Essential container in task exited", "the execution has failed"}
    (tmp_path / "enough").touch()
    kept = machine.replace(":stateMachine:", ":execution:") + ":kept"
    until(lambda: aws.machines.describe_execution(executionArn=kept)["status"] == "SUCCEEDED")


def test_each_queue_with_gangs_is_looked_through(tmp_path: Path) -> None:
    flow = written(tmp_path, decorators="@batch(queue='of-its-own')")
    definition = definition_of(compiled(flow))

    assert reference_errors(definition) == []
    assert "'JobQueue': \"of-its-own\"" in definition["States"]["flowc:gangs"]["Arguments"]
    policies = compiled(flow).documents[0]["policies"]
    assert "batch:ListJobs" in str(policies["machine"])
    assert "batch:ListJobs" not in str(compiled(read("linear")).documents[0]["policies"]["machine"])


def running(aws: Account) -> list[str]:
    found = aws.batch.list_jobs(jobQueue=QUEUE, jobStatus="RUNNING")["jobSummaryList"]
    return [job["jobName"] for job in found]


def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came about")


def test_a_gang_in_a_loop_is_counted_by_how_often_it_is_looked_at(tmp_path: Path) -> None:
    source = GANG.format(decorators="", body="", seen="each.told")
    loop = source.replace(
        "        self.next(self.end)",
        """\
        self.next(self.decide)

    @step
    def decide(self):
        self.go = "no"
        self.next({"yes": self.again, "no": self.end}, condition="go")

    @step
    def again(self):
        self.next(self.work, num_parallel=2)""",
    ).replace("self.next(self.work, num_parallel=2)", "self.next(self.again)", 1)
    reading = read_flow(str(write(tmp_path, {"flow.py": loop})))
    assert reading.flow, reading.diagnostics

    (found,) = [each for each in found_of(reading.flow) if each.code == "FC741"]
    apart = replace(OPTIONS, aws=AwsOptions(QUEUE, gang=AwsGang.CONTAINERS))

    assert "room for 26 rounds of the loop: each takes some 930 " in found.message
    assert "FC741" not in {each.code for each in found_of(reading.flow, apart)}


def found_of(flow: Flow, options: CompileOptions = OPTIONS) -> list[Diagnostic]:
    return list(get_target("step-functions").emit(flow, options)[1])
