"""Manifests of all kinds of regions, run to their end by the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from argo.compiled import compiled
from argo.flows import FIXTURES
from argo.interpreter import SubmissionError, WorkflowResult, submit
from argo.pods import Runner, fork, spawn
from promises import promised

from flowc.driver import read_flow
from flowc.runtime.client import Run
from flowc.targets.target import CompileOptions

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
GIVEN = {"parameters": {"name": "Ada", "count": "3", "loud": "true"}}


def run(case: str, store: Path, runner: Runner = fork, **given: str) -> WorkflowResult:
    manifest = compiled(FIXTURES[case], CompileOptions(image="any", store="file:///flowc/store"))
    parameters = {**GIVEN.get(case, {}), **given}
    return submit(
        manifest.text,
        source=FLOWS / case,
        store=store,
        run="argo-1",
        parameters=parameters,
        runner=runner,
    )


@pytest.mark.parametrize("case", FIXTURES)
def test_a_fixture_ends_with_what_it_promises(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(case, tmp_path)

    assert (result.phase, result.message) == ("Succeeded", "")
    monkeypatch.setenv("FLOWC_STORE", str(tmp_path))
    end = Run(f"{FIXTURES[case].name}/argo-1")["end"].task
    assert end is not None
    promises = promised(FLOWS / case / "flow.py")
    assert {name: getattr(end.data, name) for name in promises} == promises


def test_new_processes_do_as_forks_do(tmp_path: Path) -> None:
    result = run("retry", tmp_path, spawn)

    assert result.phase == "Succeeded"
    assert [task.exit_codes for task in result.tasks] == [(0,), (1, 1, 0), (0,)]


def test_each_attempt_of_a_catch_is_told_its_number(tmp_path: Path) -> None:
    result = run("catch", tmp_path)

    assert [task.exit_codes for task in result.tasks] == [(0,), (1, 0), (0,), (0,)]


def test_what_is_of_no_use_is_not_tried_again(tmp_path: Path) -> None:
    result = run("parameters", tmp_path, count="many")

    assert result.phase == "Failed"
    assert result.tasks[0].exit_codes == (64,)
    assert "takes an integer, but `many` was given" in result.message


def test_a_required_parameter_must_be_given(tmp_path: Path) -> None:
    manifest = compiled(FIXTURES["parameters"])

    with pytest.raises(SubmissionError, match="name"):
        submit(manifest.text, source=FLOWS / "parameters", store=tmp_path, run="argo-1")


GANG_THAT_IS_KILLED = """
import os, signal, time
from flowc import FlowSpec, current, parallel, retry, step


class KilledFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.work, num_parallel=3)

    @retry(times=1, minutes_between_retries=0)
    @parallel
    @step
    def work(self):
        self.seen = (current.retry_count, current.parallel.main_ip, os.environ["MASTER_PORT"])
        if current.retry_count == 0:
            if self.index == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(300)
        self.next(self.join)

    @step
    def join(self, inputs):
        self.seen = {each.seen for each in inputs}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_pods_of_a_gang_start_again_when_one_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "flow.py"
    file.write_text(GANG_THAT_IS_KILLED)
    flow = read_flow(str(file)).flow
    assert flow
    manifest = compiled(flow, CompileOptions(image="any", store="file:///flowc/store"))

    result = submit(manifest.text, source=tmp_path, store=tmp_path / "store", run="argo-1")

    assert (result.phase, result.message) == ("Succeeded", "")
    codes = sorted(task.exit_codes for task in result.tasks if task.template == "work")
    assert codes == [(-9, 0), (1, 0), (1, 0)]
    monkeypatch.setenv("FLOWC_STORE", str(tmp_path / "store"))
    (seen,) = Run("KilledFlow/argo-1")["end"].task.data.seen  # type: ignore[union-attr]
    assert seen[:2] == (1, "127.0.0.1")
