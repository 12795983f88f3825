"""What is called after a run: by a task that starts however the others have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from kubeflow.emitted import OPTIONS

from flowc.driver import structure
from flowc.syntax.source import Source
from flowc.targets import get_target

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
from pathlib import Path

from flowc import FlowSpec, Parameter, exit_hook, step


def told(line):
    with Path(__file__).with_name("told").open("a") as file:
        file.write(line + "\\n")


def report(run):
    told(f"{run.pathspec} succeeded: {run.successful}")


def broken():
    told("broken")
    raise ValueError("no hook")


def page():
    told("paged")


@exit_hook(on_success=[broken, report], on_error=[broken, report])
@exit_hook(on_error=[page], options={"image": "pager"})
class HookedFlow(FlowSpec):
    fails = Parameter("fails", default=False)
    note = Parameter("note")

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        if self.fails:
            raise KeyError("of the flow")
"""


def pipeline(text: str) -> dict[str, Any]:
    flow, found = structure(Source("flow.py", text))
    assert flow, found
    manifest, found = get_target("kubeflow").emit(flow, OPTIONS)
    assert manifest, found
    return dict(manifest.documents[0])


def arguments(found: dict[str, Any], executor: str) -> list[str]:
    words: list[str] = found["deploymentSpec"]["executors"][executor]["container"]["args"]
    return words


def test_a_task_waits_for_all_others_and_is_told_how_they_ended() -> None:
    found = pipeline(FLOW)
    root = found["root"]["dag"]["tasks"]

    assert root.keys() == {"flow", "on-exit-2"}
    assert root["on-exit-2"]["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert root["on-exit-2"]["dependentTasks"] == ["flow"]
    assert root["on-exit-2"]["inputs"]["parameters"]["status"] == {
        "taskFinalStatus": {"producerTask": "flow"}
    }
    assert found["components"]["comp-flow-2"]["dag"]["tasks"].keys() == {"flow", "on-exit"}
    assert found["components"]["comp-flow-1"]["dag"]["tasks"].keys() == {"start", "end"}


def test_each_image_has_a_task_that_calls_all_of_its_hooks() -> None:
    found = pipeline(FLOW)
    executors = found["deploymentSpec"]["executors"]

    assert arguments(found, "exec-on-exit")[:2] == [
        "step",
        "hook-success-0,hook-success-1,hook-error-0,hook-error-1",
    ]
    assert arguments(found, "exec-on-exit-2")[:2] == ["step", "hook-error-2"]
    assert executors["exec-on-exit"]["container"]["image"] == OPTIONS.image
    assert executors["exec-on-exit-2"]["container"]["image"] == "pager"


def test_a_step_may_be_called_as_the_task_is() -> None:
    text = FLOW.replace("self.next(self.end)", "self.next(self.on_exit)", 1).replace(
        "    @step\n    def end",
        "    @step\n    def on_exit(self):\n        self.next(self.end)\n\n    @step\n    def end",
    )

    assert pipeline(text)["root"]["dag"]["tasks"].keys() == {"flow", "on-exit-3"}


def test_a_flow_without_hooks_is_not_wrapped() -> None:
    text = "\n".join(line for line in FLOW.splitlines() if not line.startswith("@exit_hook"))

    assert pipeline(text)["root"]["dag"]["tasks"].keys() == {"start", "end"}


def ran(request: pytest.FixtureRequest, folder: Path, **given: object) -> tuple[str, list[str]]:
    compiled = pytest.importorskip("kubeflow.compiled")
    ended = compiled.written(FLOW, folder).run(request.getfixturevalue("kfp"), given)
    return ended.state, (folder / "told").read_text().splitlines()


def test_success_is_told_and_a_broken_hook_does_not_matter(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert ran(request, tmp_path) == ("succeeded", ["broken", "HookedFlow/kfp succeeded: True"])


def test_failure_is_told_by_hooks_of_all_images(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    assert ran(request, tmp_path, fails=True) == (
        "failed",
        ["broken", "HookedFlow/kfp succeeded: False", "paged"],
    )
