"""What Kubeflow Pipelines has to say against flows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from argo.flows import MULTI_STEP_LOOP, SELF_LOOP, parameter
from kubeflow.emitted import OPTIONS, emitted, one_step, said

from flowc.driver import structure
from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Flow, ParameterKind
from flowc.ir.pod import Pod, Qos, SecurityContext
from flowc.syntax.source import Source
from flowc.targets import get_target
from flowc.targets.target import CodePackage


def test_a_plain_flow_is_fine() -> None:
    assert said(one_step()) == {}


def test_an_image_must_be_named() -> None:
    assert said(one_step(), image="").keys() == {"FC691"}


def test_any_image_will_do_with_a_package() -> None:
    assert said(one_step(), image="", package=CodePackage("flow.tgz", "0" * 64)) == {}


@pytest.mark.parametrize(("store", "code"), [("", "FC690"), ("runs", "FC699")])
def test_pods_must_meet_in_a_store(store: str, code: str) -> None:
    assert said(one_step(), store=store).keys() == {code}


@pytest.mark.parametrize("name", ["Train", "-train", "train-", "a.b", "a_b", "a" * 129])
def test_a_pipeline_must_have_a_name_that_the_server_takes(name: str) -> None:
    assert said(one_step(), name=name).keys() == {"FC697"}


@pytest.mark.parametrize("name", ["train", "0-train-0", "a", "a" * 128])
def test_a_name_that_the_server_takes_is_the_pipeline_s(name: str) -> None:
    assert emitted(one_step(), name=name)[0]["pipelineInfo"]["name"] == name


ARGUMENTS: list[tuple[str, Any]] = [
    ("namespace", "a"),
    ("service_account", "a"),
    ("port", 80),
    ("executable", "python3"),
    ("hostname_resolution_timeout", 5),
    ("security_context", SecurityContext(privileged=True)),
    ("security_context", SecurityContext(allow_privilege_escalation=True)),
    ("extended_resources", {"example.com/a": "1", "example.com/b": "1"}),
]


@pytest.mark.parametrize(("argument", "value"), ARGUMENTS)
def test_what_the_platform_does_not_know_is_said(argument: str, value: Any) -> None:
    found = said(one_step(Pod(**{argument: value})))

    assert found.keys() == {"FC693"}
    assert found["FC693"].startswith(f"`{argument}` of `@kubernetes` has ")


@pytest.mark.parametrize(
    "pod",
    [
        Pod(qos=Qos.GUARANTEED),
        Pod(security_context=SecurityContext(False, False, 0, 0, True)),
        Pod(extended_resources={"example.com/a": "1"}),
    ],
)
def test_what_the_platform_knows_is_not_complained_of(pod: Pod) -> None:
    assert said(one_step(pod)) == {}


def test_a_device_beside_a_gpu_is_said_to_be_missing() -> None:
    pod = Pod(extended_resources={"example.com/a": "1"})

    assert said(one_step(pod, compute=Compute(gpu=1))).keys() == {"FC693"}


def test_disk_has_no_effect() -> None:
    assert said(one_step(compute=Compute(disk_mb=10))) == {
        "FC693": "`disk` of `@kubernetes` has no effect on Kubeflow Pipelines"
    }


def test_what_only_aws_has_is_said() -> None:
    assert said(one_step(batch=BatchJob(queue="fast"))) == {
        "FC693": "`queue` of `@batch` has no effect on Kubeflow Pipelines"
    }


PLACES: list[Flow] = [
    one_step(environment={"A": "{{a}}"}),
    one_step(environment={"{{a}}": ""}),
    one_step(compute=Compute(image="{{$.a}}")),
    one_step(compute=Compute(tmpfs=Tmpfs("/{{a}}", 1))),
    one_step(Pod(labels={"a": "{{b}}"})),
    one_step(Pod(secrets=("{{b}}",))),
]


@pytest.mark.parametrize("flow", PLACES)
def test_braces_in_values_are_refused(flow: Flow) -> None:
    assert "FC692" in said(flow)


@pytest.mark.parametrize(
    "given",
    [
        parameter("a", default="{{b}}"),
        parameter("a", help="{{b}}"),
        parameter("a", ParameterKind.JSON, default={"a": "{{b}}"}),
    ],
)
def test_braces_in_parameters_are_refused(given: Any) -> None:

    assert said(replace(one_step(), parameters=(given,))).keys() == {"FC692"}


@pytest.mark.parametrize(
    "given",
    [
        parameter("a", default="$$"),
        parameter("a", default="of $(HOME)"),
        parameter("a", ParameterKind.JSON, default={"a": "$$"}),
    ],
)
def test_what_kubernetes_would_expand_is_refused_as_a_default(given: Any) -> None:
    assert said(replace(one_step(), parameters=(given,))).keys() == {"FC701"}


@pytest.mark.parametrize("default", ["$", "$HOME", "${HOME}", "a$"])
def test_any_other_dollar_may_be_in_a_default(default: str) -> None:
    assert said(replace(one_step(), parameters=(parameter("a", default=default),))) == {}


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        (ParameterKind.INT, 2**53 + 1),
        (ParameterKind.INT, -(2**53) - 1),
        (ParameterKind.FLOAT, math.inf),
        (ParameterKind.FLOAT, -math.inf),
        (ParameterKind.FLOAT, math.nan),
        (ParameterKind.FLOAT, 10**400),
    ],
)
def test_a_number_that_json_cannot_tell_is_refused(kind: ParameterKind, default: float) -> None:
    given = parameter("a", kind, default=default)

    assert said(replace(one_step(), parameters=(given,))).keys() == {"FC700"}


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        (ParameterKind.INT, 2**53),
        (ParameterKind.FLOAT, 1e300),
        (ParameterKind.FLOAT, 10**20),
        (ParameterKind.BOOL, True),
        (ParameterKind.FLOAT, None),
    ],
)
def test_any_other_number_is_fine(kind: ParameterKind, default: float | None) -> None:
    given = parameter("a", kind, default=default)

    assert said(replace(one_step(), parameters=(given,))) == {}


@pytest.mark.parametrize("options", [{"image": "{{a}}"}, {"store": "s3://{{a}}"}])
def test_braces_on_the_command_line_are_refused(options: dict[str, str]) -> None:
    assert "FC692" in said(one_step(), **options)


def test_a_loop_of_several_steps_has_so_many_rounds() -> None:
    assert said(MULTI_STEP_LOOP) == {
        "FC698": "the loop that `judge` closes has at most 25 rounds on Kubeflow Pipelines"
    }
    assert "comp-judge-round-24" in emitted(MULTI_STEP_LOOP)[0]["components"]
    assert "comp-judge-round-2" not in emitted(MULTI_STEP_LOOP, max_iterations=2)[0]["components"]


def test_a_step_may_follow_itself_as_often_as_it_likes() -> None:
    assert said(SELF_LOOP) == {}


@pytest.mark.parametrize(
    ("pod", "compute"),
    [
        (Pod(persistent_volume_claims={"a": "/gcs"}), Compute()),
        (Pod(persistent_volume_claims={"a": "/kfp/certs/"}), Compute()),
        (Pod(persistent_volume_claims={"a": "/kfp/certs/more"}), Compute()),
        (Pod(persistent_volume_claims={"a": "/b"}), Compute(tmpfs=Tmpfs("/b", 1))),
        (Pod(persistent_volume_claims={"a": "/runs/"}), Compute()),
    ],
)
def test_a_folder_has_one_volume(pod: Pod, compute: Compute) -> None:
    assert "FC695" in said(one_step(pod, compute=compute), store="file:///runs")


def test_a_folder_inside_of_another_may_have_one() -> None:
    assert said(one_step(compute=Compute(tmpfs=Tmpfs("/.cache/models", 1)))) == {}


@pytest.mark.parametrize(
    "pod",
    [
        Pod(persistent_volume_claims={"a": "/a"}, secrets=("a",)),
        Pod(persistent_volume_claims={"flowc-store": "/a"}),
        Pod(secrets=("tmpfs",)),
        Pod(secrets=("kfp-launcher",)),
        Pod(secrets=("ca-bundle",)),
        Pod(persistent_volume_claims={"custom-ca": "/a"}),
        Pod(secrets=("a.b",)),
    ],
)
def test_volumes_have_names_of_their_own(pod: Pod) -> None:
    assert said(one_step(pod), store="file:///runs").keys() == {"FC696"}


def test_the_claim_of_a_store_is_free_where_the_store_is_a_bucket() -> None:
    assert said(one_step(Pod(persistent_volume_claims={"flowc-store": "/a"}))) == {}


def test_a_schedule_has_no_effect_yet() -> None:
    source = """
from flowc import FlowSpec, schedule, step, trigger

@trigger(event="prices")
@schedule(daily=True)
class DailyFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
    flow, _ = structure(Source("flow.py", source))
    assert flow
    _, diagnostics = get_target("kubeflow").emit(flow, OPTIONS)

    assert [(each.code, each.span.line) for each in diagnostics] == [("FC694", 4), ("FC694", 5)]


@pytest.mark.parametrize(("megabytes", "code"), [(2, "FC747"), (33, "FC746")])
def test_what_is_too_large_is_said(megabytes: int, code: str) -> None:
    assert said(one_step(environment={"A": "a" * (megabytes << 20)})).keys() == {code}


@pytest.mark.parametrize(
    "tags",
    [{"a.b": ""}, {"": "a"}, {"a" * 64: ""}, {"a": "b" * 64}, {str(n): "" for n in range(18)}],
)
def test_tags_are_those_that_the_server_takes(tags: dict[str, str]) -> None:
    assert said(one_step(), tags=tags, format="k8s").keys() == {"FC697"}


def test_other_tags_are_fine() -> None:
    tags = {str(number): "b" * 63 for number in range(17)}

    assert said(one_step(), tags=tags, format="k8s") == {}


@pytest.mark.parametrize("tags", [{"a": "b"}, {"a.b": ""}])
def test_a_pipeline_alone_has_no_tags(tags: dict[str, str]) -> None:
    assert said(one_step(), tags=tags).keys() == {"FC702"}
    assert said(one_step(), tags=tags, format="yaml").keys() == {"FC702"}


@pytest.mark.parametrize("name", ["it's", "a b", "ä"])
def test_a_parameter_must_have_a_name_that_placeholders_can(name: str) -> None:
    assert said(replace(one_step(), parameters=(parameter(name),))).keys() == {"FC697"}


@pytest.mark.parametrize("name", ["learning.rate", "a-b", "a_1"])
def test_any_other_name_of_a_parameter_is_fine(name: str) -> None:
    assert said(replace(one_step(), parameters=(parameter(name),))) == {}
