"""What a pod is given: its image, command, resources, attempts, parameters, volumes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argo.compiled import WITH_IMAGE, compiled, spec_of, template_of
from argo.flows import HERE, LINEAR, PARAMETERS, end, flow, linear, parameter

from flowc import __version__
from flowc.ir.compute import Compute
from flowc.ir.flow import Catch, Flow, ParameterKind, Policy, Unknown
from flowc.ir.plan import digest, render_plan
from flowc.ir.region import Task
from flowc.targets.target import CompileOptions


def one_step(**fields: Any) -> Flow:
    """A flow whose first step has what a test is about."""
    return flow("OneFlow", (Task("start"), Task("end")), linear("start", "end", **fields), end())


def container(flow: Flow, options: CompileOptions = WITH_IMAGE) -> Any:
    return template_of(flow, "start", options)["container"]


def with_parameter(**fields: Any) -> Flow:
    return replace(one_step(), parameters=(parameter("alpha", **fields),))


def own_parameters(flow: Flow) -> Any:
    """The workflow's parameters but for those by which it resumes another."""
    parameters = spec_of(flow)["arguments"]["parameters"]
    assert parameters[-2:] == [
        {"name": "flowc-origin", "value": ""},
        {"name": "flowc-from", "value": ""},
    ]
    return parameters[:-2]


def test_every_pod_runs_the_shim() -> None:
    spec = spec_of(LINEAR)

    assert spec["templateDefaults"]["container"]["command"] == ["python", "-m", "flowc.runtime"]
    assert template_of(LINEAR, "middle")["container"]["args"] == [
        *("step", "middle"),
        *("--path", "{{inputs.parameters.path}}"),
        *("--attempt", "0"),
    ]
    assert {entry["name"]: entry["value"] for entry in defaults(spec)["env"]} == {
        "FLOWC_PLAN": "/flowc/plan/plan.json",
        "FLOWC_STORE": "file:///flowc/store",
        "FLOWC_RUN": "{{workflow.name}}",
        "FLOWC_CONTROL": "/flowc/control",
        "FLOWC_ORIGIN": "{{workflow.parameters.flowc-origin}}",
        "FLOWC_FROM": "{{workflow.parameters.flowc-from}}",
    }


def defaults(spec: Any) -> Any:
    return spec["templateDefaults"]["container"]


def test_the_plan_travels_as_a_config_map() -> None:
    config_map, _ = compiled(LINEAR).documents
    plan = render_plan(LINEAR)

    assert config_map["metadata"]["name"] == f"linear-flow-{digest(plan)}"
    assert config_map["immutable"] is True
    assert config_map["data"] == {"plan.json": plan}
    assert spec_of(LINEAR)["volumes"][0] == {
        "name": "plan",
        "configMap": {"name": config_map["metadata"]["name"]},
    }


def test_both_documents_say_where_they_come_from() -> None:
    for document in compiled(LINEAR).documents:
        assert document["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "flowc"}
        assert document["metadata"]["annotations"] == {
            "flowc.dev/flow": "LinearFlow",
            "flowc.dev/version": __version__,
            "flowc.dev/digest": digest(render_plan(LINEAR)),
        }


def test_a_leaf_names_its_source() -> None:
    annotations = template_of(LINEAR, "middle")["metadata"]["annotations"]

    assert annotations == {"flowc.dev/source": "flow.py:5"}


@pytest.mark.parametrize(
    ("store", "folder"),
    [
        ("", "/flowc/store"),
        ("file:///mnt/runs", "/mnt/runs"),
        ("/mnt/runs", "/mnt/runs"),
        ("s3://bucket/runs", None),
    ],
)
def test_a_store_of_files_lies_on_the_volume_of_a_claim(store: str, folder: str | None) -> None:
    spec = spec_of(LINEAR, CompileOptions(image="any", store=store))

    mounts = {entry["name"]: entry["mountPath"] for entry in defaults(spec)["volumeMounts"]}
    claims = [v["persistentVolumeClaim"] for v in spec["volumes"] if v["name"] == "store"]
    assert mounts.get("store") == folder
    assert claims == ([{"claimName": "flowc-store"}] if folder else [])


def test_a_step_of_its_own_image_keeps_it() -> None:
    own = one_step(compute=Compute(image="own:1"))

    assert container(own)["image"] == "own:1"
    assert template_of(own, "end")["container"]["image"] == "example/flows:1"
    assert template_of(own, "end", CompileOptions())["container"]["image"] == "python:3.12-slim"


@pytest.mark.parametrize(
    ("compute", "requests", "limits"),
    [
        (Compute(cpu=0.5), {"cpu": "500m", "memory": "4096M"}, {"memory": "4096M"}),
        (Compute(cpu=1e-6), {"cpu": "1m", "memory": "4096M"}, {"memory": "4096M"}),
        (Compute(cpu=2.0), {"cpu": "2", "memory": "4096M"}, {"memory": "4096M"}),
        (Compute(memory_mb=500), {"cpu": "1", "memory": "500M"}, {"memory": "500M"}),
        (
            Compute(gpu=2, gpu_vendor="amd"),
            {"cpu": "1", "memory": "4096M", "amd.com/gpu": "2"},
            {"memory": "4096M", "amd.com/gpu": "2"},
        ),
    ],
)
def test_resources_are_kubernetes_quantities(
    compute: Compute, requests: dict[str, str], limits: dict[str, str]
) -> None:
    resources = container(one_step(compute=compute))["resources"]

    assert resources == {"requests": requests, "limits": limits}


def test_steps_that_ask_for_nothing_share_the_default() -> None:
    assert "resources" not in container(one_step())
    assert defaults(spec_of(one_step()))["resources"] == {
        "requests": {"cpu": "1", "memory": "4096M"},
        "limits": {"memory": "4096M"},
    }


@pytest.mark.parametrize(
    ("policy", "limit"),
    [(Policy(retries=2), 2), (Policy(catch=Catch()), 1), (Policy(retries=2, catch=Catch()), 3)],
)
def test_attempts_are_retries_and_a_fallback(policy: Policy, limit: int) -> None:
    template = template_of(one_step(policy=policy), "start")

    assert template["retryStrategy"] == {
        "limit": limit,
        "retryPolicy": "Always",
        "expression": "lastRetry.exitCode != '64'",
    }
    assert template["container"]["args"][-2:] == ["--attempt", "{{retries}}"]


@pytest.mark.parametrize(
    ("seconds", "duration"), [(120, "120s"), (90.5, "90.5s"), (0.001, "0.001s"), (1e6, "1000000s")]
)
def test_retries_wait_as_long_each_time(seconds: float, duration: str) -> None:
    template = template_of(one_step(policy=Policy(retries=1, retry_delay=seconds)), "start")

    assert template["retryStrategy"]["backoff"] == {"duration": duration, "factor": 1}


def test_a_pod_has_a_minute_more_than_its_step() -> None:
    template = template_of(one_step(policy=Policy(timeout=90)), "start")

    assert template["activeDeadlineSeconds"] == 150


def test_variables_reach_the_step_as_they_are() -> None:
    variables = {"PLAIN": "a $b", "REFERENCE": "$(PLAIN)", "DOLLARS": "$$"}

    assert container(one_step(environment=variables))["env"] == [
        {"name": "PLAIN", "value": "a $b"},
        {"name": "REFERENCE", "value": "$$(PLAIN)"},
        {"name": "DOLLARS", "value": "$$$"},
    ]


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"default": "it's"}, "it's"),
        ({"default": 3, "kind": ParameterKind.INT}, "3"),
        ({"default": 1e-9, "kind": ParameterKind.FLOAT}, "1e-09"),
        ({"default": True, "kind": ParameterKind.BOOL}, "true"),
        ({"default": '{"a": 1}', "kind": ParameterKind.JSON}, '{"a": 1}'),
        (
            {"default": {"a": (1, None, {"b": "ü"})}, "kind": ParameterKind.JSON},
            '{"a":[1,null,{"b":"ü"}]}',
        ),
        ({"default": "data.csv", "kind": ParameterKind.FILE}, "data.csv"),
    ],
)
def test_known_defaults_can_be_seen_and_are_given(fields: dict[str, Any], value: str) -> None:
    flow = with_parameter(**fields)

    assert own_parameters(flow) == [{"name": "alpha", "value": value}]
    assert container(flow)["args"][-2:] == ["--param", "alpha={{workflow.parameters.alpha}}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"default": None},
        {"default": Unknown(HERE, "today()")},
        {"default": (1, {"a": Unknown(HERE, "f()")}), "kind": ParameterKind.JSON},
        {"default": ("a", "b"), "separator": ","},
    ],
)
def test_the_flow_makes_the_defaults_that_only_it_can_make(fields: dict[str, Any]) -> None:
    flow = with_parameter(**fields)

    assert own_parameters(flow) == [{"name": "alpha", "value": ""}]
    assert container(flow)["args"][-2:] == ["--param-if-set", "alpha={{workflow.parameters.alpha}}"]


def test_a_required_parameter_has_no_value() -> None:
    flow = with_parameter(required=True, help="How much")

    assert own_parameters(flow) == [{"name": "alpha", "description": "How much"}]
    assert container(flow)["args"][-2:] == ["--param", "alpha={{workflow.parameters.alpha}}"]


def test_only_the_start_step_is_given_parameters() -> None:
    assert "--param" in template_of(PARAMETERS, "start")["container"]["args"]
    assert not {"--param", "--param-if-set"} & set(
        template_of(PARAMETERS, "end")["container"]["args"]
    )
