"""The judges of manifests are strict: each refuses what Argo would refuse or do otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from argo.compiled import compiled
from argo.flows import LINEAR, LOOP_IN_FOREACH, NESTED_FOREACH, PARAMETERS, RETRY, SELF_LOOP, SPLIT
from argo.interpreter import ManifestError, SubmissionError, WorkflowResult, submit
from argo.pods import Exit, Process, Runner, expand
from argo.references import reference_errors
from argo.schema import hera_errors, needs_schema, schema_errors

from flowc.ir.flow import Flow

Payload: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Payload], object]


def changed(flow: Flow, change: Change) -> list[Payload]:
    """The flow's documents with its WorkflowTemplate's spec changed in one place."""
    documents = deepcopy([dict(document) for document in compiled(flow).documents])
    change(documents[-1]["spec"])
    return documents


def leaf(spec: Payload, name: str) -> Payload:
    (template,) = (entry for entry in spec["templates"] if entry["name"] == name)
    found: Payload = template
    return found


def step(spec: Payload, template: str, group: int, number: int = 0) -> Payload:
    found: Payload = leaf(spec, template)["steps"][group][number]
    return found


CHANGES: list[tuple[str, Flow, Change]] = [
    ("no entrypoint gone", LINEAR, lambda spec: spec.update(entrypoint="gone")),
    ("no template gone", LINEAR, lambda spec: step(spec, "main", 0).update(template="gone")),
    ("template middle is unused", LINEAR, lambda spec: leaf(spec, "main")["steps"].pop(1)),
    ("lacks argument path", LINEAR, lambda spec: step(spec, "main", 0).pop("arguments")),
    ("no volume gone", LINEAR, lambda spec: mounts(spec)[0].update(name="gone")),
    ("volume control is mounted nowhere", LINEAR, lambda spec: mounts(spec).pop(1)),
    ("is in no volume", SPLIT, lambda spec: outputs(spec, "/tmp/count")),
    (
        "no config map other",
        LINEAR,
        lambda spec: spec["volumes"][0]["configMap"].update(name="other"),
    ),
    (
        "parameter note is unused",
        PARAMETERS,
        lambda spec: leaf(spec, "start")["container"]["args"].pop(),
    ),
    ("nothing is behind {{retries}}", RETRY, lambda spec: leaf(spec, "fetch").pop("retryStrategy")),
    (
        "nothing is behind {{item}}",
        NESTED_FOREACH,
        lambda spec: step(spec, "row-foreach", 0).pop("withSequence"),
    ),
    ("cannot be named Start", LINEAR, lambda spec: leaf(spec, "start").update(name="Start")),
    ("two steps named start", LINEAR, lambda spec: step(spec, "main", 1).update(name="start")),
]


def mounts(spec: Payload) -> list[Payload]:
    found: list[Payload] = spec["templateDefaults"]["container"]["volumeMounts"]
    return found


def outputs(spec: Payload, path: str) -> None:
    leaf(spec, "start")["outputs"] = {"parameters": [{"name": "x", "valueFrom": {"path": path}}]}


@pytest.mark.parametrize(("error", "flow", "change"), CHANGES, ids=[error for error, *_ in CHANGES])
def test_references_are_checked(error: str, flow: Flow, change: Change) -> None:
    errors = reference_errors(yaml.safe_dump_all(changed(flow, change)))

    assert any(error in found for found in errors), errors


def test_outputs_of_a_step_that_may_be_skipped_cannot_be_read() -> None:
    def read_later(spec: Payload) -> None:
        argument = "{{steps.land.outputs.parameters.x}}"
        after = step(spec, "start-to-launch", 2)
        after["arguments"]["parameters"][0]["value"] = argument

    assert reference_errors(yaml.safe_dump_all(changed(LOOP_IN_FOREACH, read_later)))


WRONG: dict[str, Change] = {
    "unknown field": lambda spec: spec.update(imagePulPolicy="Always"),
    "unknown field inside": lambda spec: leaf(spec, "start")["container"].update(imag="x"),
    "number for text": lambda spec: leaf(spec, "start")["container"].update(image=1),
    "text for list": lambda spec: leaf(spec, "start")["container"].update(args="step start"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_hera_is_strict(change: Change) -> None:
    assert hera_errors(changed(LINEAR, change)[-1])


@needs_schema
@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_the_schema_is_strict(change: Change) -> None:
    assert schema_errors(changed(LINEAR, change)[-1])


def interpreted(
    flow: Flow, runner: Runner, change: Change = lambda _: None, **given: str
) -> WorkflowResult:
    text = yaml.safe_dump_all(changed(flow, change))
    return submit(
        text, source=Path("/"), store=Path("/store"), run="r", runner=runner, parameters=given
    )


def told(process: Process, name: str) -> str:
    """The value of an option on a process's command line."""
    return process.words[process.words.index(f"--{name}") + 1]


def writing(**files: str) -> Runner:
    """A runner that writes the same control files in each pod."""

    def run(process: Process) -> Exit:
        for name, text in files.items():
            (Path(process.variables["FLOWC_CONTROL"]) / name).write_text(text)
        return Exit(0, "")

    return run


def failing(codes: Mapping[str, int]) -> Runner:
    """A runner whose attempts end with the codes of their numbers."""
    return lambda process: Exit(codes.get(told(process, "attempt"), 0), "")


def test_items_have_paths() -> None:
    result = interpreted(NESTED_FOREACH, writing(count="2\n"))

    cells = [task.inputs["path"] for task in result.tasks if task.template == "cell"]
    assert cells == ["t.0.0.0", "t.0.0.1", "t.0.1.0", "t.0.1.1"] + [
        path.replace("t.0", "t.1", 1) for path in cells[:4]
    ]
    assert (result.phase, result.depth) == ("Succeeded", 7)


def test_an_endless_loop_ends_at_the_depth_that_argo_refuses() -> None:
    result = interpreted(SELF_LOOP, writing(next="collatz", path="t.r1"))

    assert (result.phase, result.message) == ("Error", "Maximum recursion depth exceeded")
    assert result.depth == 99
    assert len(result.tasks) == 1 + 97


def test_attempts_are_counted_until_one_is_well() -> None:
    result = interpreted(RETRY, failing({"0": 1, "1": 137}), retry_all)

    assert [task.exit_codes for task in result.tasks] == [(1, 137, 0)] * 3


def retry_all(spec: Payload) -> None:
    strategy = leaf(spec, "fetch")["retryStrategy"]
    for name in ("start", "end"):
        leaf(spec, name)["retryStrategy"] = strategy
        leaf(spec, name)["container"]["args"][-1] = "{{retries}}"


def test_no_attempt_follows_the_last_or_one_of_no_use() -> None:
    exhausted = interpreted(RETRY, lambda process: Exit("fetch" in process.words, "out of luck"))
    hopeless = interpreted(RETRY, lambda process: Exit(64 * ("fetch" in process.words), ""))

    assert exhausted.phase == hopeless.phase == "Failed"
    assert exhausted.tasks[-1].exit_codes == (1, 1, 1)
    assert "out of luck" in exhausted.message
    assert hopeless.tasks[-1].exit_codes == (64,)


def test_a_failure_ends_its_group_and_no_other_follows() -> None:
    result = interpreted(SPLIT, lambda process: Exit("same" in process.words, ""))

    assert [task.template for task in result.tasks] == ["start", "same", "double"]


def test_a_missing_output_is_an_error() -> None:
    result = interpreted(NESTED_FOREACH, writing())

    assert (result.phase, result.message) == ("Error", "start did not write count")


def test_what_cannot_be_resolved_is_refused() -> None:
    with pytest.raises(ManifestError, match=r"unresolved \{\{workflow\.nam\}\}"):
        interpreted(
            LINEAR,
            writing(),
            lambda spec: leaf(spec, "end")["container"]["args"].append("{{workflow.nam}}"),
        )


def test_parameters_are_as_submitted() -> None:
    seen: list[Process] = []

    def run(process: Process) -> Exit:
        seen.append(process)
        return Exit(0, "")

    interpreted(PARAMETERS, run, name='A {b} "c"', count="7")

    assert {'name=A {b} "c"', "count=7", "factor=0.5", "note="} < set(seen[0].words)
    with pytest.raises(SubmissionError, match="no such parameter: size"):
        interpreted(PARAMETERS, run, name="x", size="1")
    with pytest.raises(SubmissionError, match=r"spec\.arguments\.name\.value is required"):
        interpreted(PARAMETERS, run)


def test_kubernetes_expands_dollar_signs() -> None:
    assert expand("$(A) $(B) $$(A) $$ $C", {"A": "1"}) == "1 $(B) $(A) $ $C"
