"""What Argo has to say against flows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from argo.compiled import WITH_IMAGE, compiled, diagnosed
from argo.flows import (
    COUNT,
    GANG,
    LINEAR,
    NEXT,
    arm,
    end,
    flow,
    foreach,
    joining,
    linear,
    parameter,
    switch,
)

from flowc.diagnostics import Problem, Severity, Span
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Decorator, Flow, ParameterKind
from flowc.ir.pod import Pod, Toleration
from flowc.ir.region import Block, Foreach, Switch, Task
from flowc.targets import get_target
from flowc.targets.argo import problems
from flowc.targets.argo.depth import deepest
from flowc.targets.target import CompileOptions

ALL = [value for value in vars(problems).values() if isinstance(value, Problem)]
BRACES = "Dear {{name}}"


def codes(flow: Flow, options: CompileOptions = WITH_IMAGE) -> list[str]:
    return [found.code for found in diagnosed(flow, options)]


def with_step(**fields: Any) -> Flow:
    return flow("OneFlow", (Task("start"), Task("end")), linear("start", "end", **fields), end())


def with_parameter(name: str = "alpha", **fields: Any) -> Flow:
    return replace(LINEAR, parameters=(parameter(name, **fields),))


def test_ordinary_flows_are_fine() -> None:
    assert codes(LINEAR) == []


def test_no_image_is_only_a_warning() -> None:
    (found,) = diagnosed(LINEAR, CompileOptions())

    assert (found.code, found.severity) == ("FC601", Severity.WARNING)
    assert found.message == (
        "no image is named for `start`, `middle` and `end`: the pods would run "
        "`python:3.12-slim`, which holds neither flowc nor the flow's code"
    )
    assert get_target("argo").emit(LINEAR, CompileOptions())[0] is not None


def test_a_gang_beyond_max_workers_is_refused() -> None:
    start = GANG.steps["start"]
    assert start.transition
    steps = {**GANG.steps, "start": replace(start, transition=replace(start.transition, size=8))}
    large = replace(GANG, steps=steps)

    (found,) = diagnosed(large, CompileOptions(image="any", max_workers=4))

    assert (found.code, found.severity) == ("FC722", Severity.ERROR)
    assert found.message == "`start` leads to a gang of 8, of which only 4 may run at once"
    assert codes(large, CompileOptions(image="any", max_workers=8)) == []


def test_an_image_for_each_step_is_enough() -> None:
    own = Compute(image="own:1")
    steps = {name: replace(step, compute=own) for name, step in LINEAR.steps.items()}

    assert codes(replace(LINEAR, steps=steps), CompileOptions()) == []


@pytest.mark.parametrize(
    ("flow", "place"),
    [
        (with_step(environment={"A": BRACES}), "the environment variable `A` of `start`"),
        (with_step(compute=Compute(image="{{x}}")), "the image of `start`"),
        (with_parameter(default=BRACES), "the default of the parameter `alpha`"),
        (with_parameter(default=({"a": BRACES},), kind=ParameterKind.JSON), "the default of"),
        (with_parameter(help=BRACES), "the help of the parameter `alpha`"),
        (replace(LINEAR, file="{{x}}.py"), "the name of the flow's file"),
    ],
)
def test_two_braces_are_refused(flow: Flow, place: str) -> None:
    (found,) = diagnosed(flow)

    assert (found.code, found.severity) == ("FC620", Severity.ERROR)
    assert found.message.startswith(place)
    assert get_target("argo").emit(flow, WITH_IMAGE)[0] is None


@pytest.mark.parametrize(
    "options",
    [CompileOptions(image="{{x}}"), CompileOptions(image="any", store="s3://{{x}}")],
)
def test_two_braces_are_refused_in_options(options: CompileOptions) -> None:
    assert codes(LINEAR, options) == ["FC620"]


@pytest.mark.parametrize(
    "fields",
    [
        {"annotations": {"note": "{{x}}"}},
        {"persistent_volume_claims": {"data": "/{{x}}"}},
        {"tolerations": (Toleration(key="a", value="{{x}}"),)},
        {"service_account": "{{x}}"},
    ],
)
def test_two_braces_are_refused_in_what_pods_ask_for(fields: dict[str, Any]) -> None:
    (found,) = diagnosed(with_step(pod=Pod(**fields)))

    assert found.code == "FC620"
    assert found.message.startswith(f"`{next(iter(fields))}` of `start` holds `{{{{`")


def test_two_braces_are_fine_where_they_do_not_come_into_the_manifest() -> None:
    assert codes(with_step(pod=Pod(executable="{{x}}"))) == ["FC625"]


def test_two_braces_are_refused_in_the_path_of_a_tmpfs() -> None:
    assert codes(with_step(compute=Compute(tmpfs=Tmpfs("/{{x}}", 1)))) == ["FC620"]


WITHOUT_EFFECT: list[tuple[dict[str, Any], list[str]]] = [
    ({"batch": BatchJob(queue="fast", efa=1)}, ["`queue` of `@batch`", "`efa` of `@batch`"]),
    ({"batch": BatchJob(max_swap=0, trainium=1)}, ["`max_swap` of", "`trainium` of"]),
    ({"batch": BatchJob()}, []),
    ({"pod": Pod(executable="python3")}, ["`executable` of `@kubernetes`"]),
    ({"pod": Pod(hostname_resolution_timeout=9)}, ["`hostname_resolution_timeout` of"]),
    ({"pod": Pod(namespace="ml")}, ["`namespace` of `@kubernetes`"]),
    ({"pod": Pod(labels={"a": "b"}, compute_pool="c", port=1)}, []),
]


@pytest.mark.parametrize(("fields", "told"), WITHOUT_EFFECT)
def test_what_argo_cannot_give_is_told(fields: dict[str, Any], told: list[str]) -> None:
    found = diagnosed(with_step(**fields))

    assert [(each.code, each.severity) for each in found] == [("FC625", Severity.WARNING)] * len(
        told
    )
    assert all(each.message.endswith(" has no effect on Argo") for each in found)
    assert sorted(told) == sorted(
        start for start in told for each in found if each.message.startswith(start)
    )


def test_what_has_no_effect_stands_at_its_decorator() -> None:
    place = Span("flow.py", 2, 5, 2, 11)
    batch = Decorator("batch", {"queue": "fast"}, place)

    (found,) = diagnosed(with_step(batch=BatchJob(queue="fast"), decorators=(batch,)))

    assert found.span == place


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"pod": Pod(persistent_volume_claims={"a": "/flowc/plan/"})},
            "`persistent_volume_claims`",
        ),
        (
            {"pod": Pod(persistent_volume_claims={"a": "/flowc/store"})},
            "`persistent_volume_claims`",
        ),
        ({"pod": Pod(persistent_volume_claims={"a": "/x", "b": "/x"})}, "`persistent_volume_c"),
        ({"compute": Compute(tmpfs=Tmpfs("/dev/shm", 1), shared_memory_mib=1)}, "`tmpfs_path`"),
    ],
)
def test_a_folder_takes_one_volume(fields: dict[str, Any], told: str) -> None:
    (found,) = diagnosed(with_step(**fields))

    assert (found.code, found.severity) == ("FC626", Severity.ERROR)
    assert found.message.startswith(told)


def test_a_store_without_a_folder_leaves_it_to_the_step() -> None:
    flow = with_step(pod=Pod(persistent_volume_claims={"a": "/flowc/store"}))

    assert codes(flow, replace(WITH_IMAGE, store="s3://bucket/runs")) == []


def test_the_place_of_a_finding_is_in_the_source() -> None:
    (found,) = diagnosed(with_step(environment={"A": BRACES}))

    assert found.span == Span("flow.py", 3)


@pytest.mark.parametrize("name", ["learning.rate", "größe", "a b", ""])
def test_some_names_of_parameters_are_refused(name: str) -> None:
    assert codes(with_parameter(name)) == ["FC621"]


@pytest.mark.parametrize("name", ["learning-rate", "learning_rate", "_2"])
def test_other_names_of_parameters_are_fine(name: str) -> None:
    assert codes(with_parameter(name)) == []


@pytest.mark.parametrize(
    "name",
    [
        *("trigger", "trigger_on_finish", "exit_hook"),
        *("airflow_external_task_sensor", "airflow_s3_key_sensor"),
    ],
)
def test_what_a_manifest_does_not_hold_is_a_warning(name: str) -> None:
    decorator = Decorator(name, {}, Span("flow.py", 3))

    (found,) = diagnosed(replace(LINEAR, decorators=(decorator,)), WITH_IMAGE)

    assert (found.code, found.severity, found.span.line) == ("FC630", Severity.WARNING, 3)
    assert found.message == f"`@{name}` has no effect on Argo yet"


def test_pods_cannot_share_a_relative_folder() -> None:
    assert codes(LINEAR, replace(WITH_IMAGE, store="./runs")) == ["FC622"]
    assert codes(LINEAR, replace(WITH_IMAGE, store="file://runs")) == ["FC622"]


def test_a_chosen_name_is_that_of_the_template_and_its_plan() -> None:
    plan, template = compiled(LINEAR, replace(WITH_IMAGE, name="ml.nightly")).documents

    assert template["metadata"]["name"] == "ml.nightly"
    assert plan["metadata"]["name"].startswith("ml.nightly-")


@pytest.mark.parametrize("name", ["Nightly", "a_b", "-a", "a.", "a..b", "n" * 64])
def test_templates_have_names_that_kubernetes_takes(name: str) -> None:
    assert codes(LINEAR, replace(WITH_IMAGE, name=name)) == ["FC627"]


def nested_foreach(levels: int) -> Flow:
    body: Block = (Task("leaf"),)
    steps = [linear("leaf", "join_0")]
    for level in range(levels):
        body = (Task(f"fan_{level}", COUNT), Foreach(f"fan_{level}", body), Task(f"join_{level}"))
        inner = f"fan_{level - 1}" if level else "leaf"
        outer = f"join_{level + 1}" if level + 1 < levels else "end"
        steps = [foreach(f"fan_{level}", inner), *steps, joining(linear(f"join_{level}", outer))]
    last = f"fan_{levels - 1}"
    return flow("DeepFlow", (*body, Task("end")), *steps, end(), start=last)


def nested_switch(levels: int) -> Flow:
    body: Block = (Task("leaf"), Task("leaf_2"))
    steps = [linear("leaf", "leaf_2"), linear("leaf_2", "end")]
    for level in range(levels):
        inner = f"s_{level - 1}" if level else "leaf"
        body = (Task(f"s_{level}", NEXT), Switch(f"s_{level}", (arm(inner, *body), arm("end"))))
        steps = [switch(f"s_{level}", inner, "end"), *steps]
    return flow("DeepFlow", (*body, Task("end")), *steps, end(), start=f"s_{levels - 1}")


@pytest.mark.parametrize(
    ("flow", "depth"),
    [
        (nested_foreach(1), 3),
        (nested_foreach(49), 99),
        (nested_switch(1), 3),
        (nested_switch(97), 99),
    ],
)
def test_argo_follows_99_templates(flow: Flow, depth: int) -> None:
    assert deepest(flow.body)[0] == depth
    assert codes(flow) == []
    assert _nesting(flow) == depth


@pytest.mark.parametrize("flow", [nested_foreach(50), nested_foreach(90), nested_switch(98)])
def test_more_nesting_is_refused(flow: Flow) -> None:
    (found,) = diagnosed(flow)

    assert found.code == "FC720"
    assert re.match(r"`leaf(_2)?` runs \d+ templates deep, and Argo follows 99", found.message)


def _nesting(flow: Flow) -> int:
    spec = compiled(flow).documents[-1]["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    depth, level = 0, {spec["entrypoint"]}
    while level:
        groups = [group for name in level for group in templates[name].get("steps", [])]
        depth, level = depth + 1, {step["template"] for group in groups for step in group}
    return depth


def test_a_document_above_a_mebibyte_is_refused() -> None:
    names = [f"step_{number}" for number in range(4500)]
    steps = [linear(name, to) for name, to in zip(names, [*names[1:], "end"], strict=True)]
    long = flow("LongFlow", tuple(map(Task, [*names, "end"])), *steps, end(), start=names[0])

    (found,) = diagnosed(long)

    assert found.code == "FC721"
    assert re.match(r"the WorkflowTemplate takes about 1,\d\d\d KiB", found.message)


def test_all_findings_come_at_once_and_in_order() -> None:
    steps = {"start": with_step(environment={"A": BRACES, "B": BRACES}).steps["start"]}
    bad = replace(with_parameter("a.b"), steps={**LINEAR.steps, **steps})

    assert codes(bad, CompileOptions()) == ["FC601", "FC621", "FC620", "FC620"]


@pytest.mark.parametrize("problem", ALL, ids=lambda problem: problem.code)
def test_each_problem_has_a_page(problem: Problem[Any]) -> None:
    headings = re.findall(r"(?m)^## (.+)$", problem.page)

    assert headings == ["Why is this bad?", "Example", "Use instead"]


def test_codes_are_not_used_twice() -> None:
    codes = [problem.code for problem in ALL]

    assert codes == sorted(set(codes))
