"""What a step asks for besides its compute, in its template."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argo.compiled import compiled, spec_of, template_of
from argo.flows import end, flow, linear
from argo.references import reference_errors
from argo.schema import hera_errors, needs_schema, schema_errors

from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Flow
from flowc.ir.pod import Pod, Qos, SecurityContext, Toleration
from flowc.ir.region import Task


def one_step(pod: Pod | None = None, **fields: Any) -> Flow:
    """A flow whose first step has what a test is about."""
    first = linear("start", "end", pod=pod, **fields)
    return flow("OneFlow", (Task("start"), Task("end")), first, end())


EVERYTHING = one_step(
    Pod(
        service_account="trainer",
        node_selector={"a": "b"},
        compute_pool="large",
        tolerations=(Toleration("a", "Equal", "b", "NoExecute", 0),),
        labels={"team": "ml"},
        annotations={"note": "a"},
        image_pull_policy="Always",
        image_pull_secrets=("registry",),
        secrets=("database",),
        persistent_volume_claims={"data": "/data", "more": "/more"},
        port=8080,
        qos=Qos.GUARANTEED,
        security_context=SecurityContext(True, False, 0, 1, True),
        extended_resources={"example.com/card": "2"},
    ),
    compute=Compute(disk_mb=100, shared_memory_mib=64, tmpfs=Tmpfs("/scratch", 32)),
)


@needs_schema
def test_argo_schema_holds() -> None:
    assert schema_errors(dict(compiled(EVERYTHING).documents[-1])) == []


def test_hera_gives_back_the_same_document() -> None:
    assert hera_errors(dict(compiled(EVERYTHING).documents[-1])) == []


def test_all_references_hold() -> None:
    assert reference_errors(compiled(EVERYTHING).text) == []


def test_other_pods_are_as_if_nobody_asked() -> None:
    assert template_of(EVERYTHING, "end") == template_of(one_step(), "end")
    assert spec_of(EVERYTHING)["templateDefaults"] == spec_of(one_step())["templateDefaults"]


@pytest.mark.parametrize(
    ("pod", "field", "value"),
    [
        (Pod(service_account="a"), "serviceAccountName", "a"),
        (Pod(node_selector={"a": "b"}), "nodeSelector", {"a": "b"}),
        (Pod(compute_pool="a"), "nodeSelector", {"outerbounds.co/compute-pool": "a"}),
        (
            Pod(tolerations=(Toleration("a", effect="NoExecute", toleration_seconds=0),)),
            "tolerations",
            [{"key": "a", "effect": "NoExecute", "tolerationSeconds": 0}],
        ),
        (
            Pod(labels={"a": "b"}),
            "metadata",
            {"labels": {"a": "b"}, "annotations": {"flowc.dev/source": "flow.py:3"}},
        ),
        (
            Pod(annotations={"a": "b", "flowc.dev/source": "elsewhere"}),
            "metadata",
            {"annotations": {"a": "b", "flowc.dev/source": "flow.py:3"}},
        ),
    ],
)
def test_a_template_has_what_its_step_asks_for(pod: Pod, field: str, value: object) -> None:
    template = template_of(one_step(pod), "start")

    assert template[field] == value
    assert template.keys() == template_of(one_step(), "start").keys() | {field}


@pytest.mark.parametrize(
    ("pod", "field", "value"),
    [
        (Pod(image_pull_policy="Never"), "imagePullPolicy", "Never"),
        (Pod(secrets=("a", "b")), "envFrom", [{"secretRef": {"name": n}} for n in ("a", "b")]),
        (Pod(port=80), "ports", [{"containerPort": 80}]),
        (
            Pod(security_context=SecurityContext(privileged=False, run_as_user=0)),
            "securityContext",
            {"privileged": False, "runAsUser": 0},
        ),
    ],
)
def test_a_container_has_what_its_step_asks_for(pod: Pod, field: str, value: object) -> None:
    container = template_of(one_step(pod), "start")["container"]

    assert container[field] == value
    assert container.keys() == template_of(one_step(), "start")["container"].keys() | {field}


@pytest.mark.parametrize(
    ("compute", "pod", "more"),
    [
        (Compute(disk_mb=500), None, {"ephemeral-storage": "500M"}),
        (Compute(), Pod(extended_resources={"a.b/c": "2"}), {"a.b/c": "2"}),
    ],
)
def test_other_resources_are_requests_and_limits(
    compute: Compute, pod: Pod | None, more: dict[str, str]
) -> None:
    resources = template_of(one_step(pod, compute=compute), "start")["container"]["resources"]

    limits = {"memory": "4096M", **more}
    assert resources == {"requests": {"cpu": "1", **limits}, "limits": limits}


def test_what_is_guaranteed_is_limited_to_what_is_asked_for() -> None:
    compute = Compute(cpu=0.5, gpu=1, disk_mb=10)

    resources = template_of(one_step(Pod(qos=Qos.GUARANTEED), compute=compute), "start")[
        "container"
    ]["resources"]

    assert resources["limits"] == resources["requests"]
    assert resources["limits"]["cpu"] == "500m"


def test_burstable_is_what_pods_are_anyway() -> None:
    assert compiled(one_step(Pod(qos=Qos.BURSTABLE))).text == compiled(one_step()).text


def volumes(**fields: Any) -> tuple[Any, Any]:
    """The volumes of a step alone, and where its container mounts them."""
    template = template_of(one_step(**fields), "start")
    return template["volumes"], template["container"]["volumeMounts"]


def test_shared_memory_is_a_folder_in_memory() -> None:
    assert volumes(compute=Compute(shared_memory_mib=64)) == (
        [{"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}],
        [{"name": "shared-memory", "mountPath": "/dev/shm"}],
    )


@pytest.mark.parametrize(
    ("tmpfs", "variables"),
    [
        (Tmpfs("/scratch", 32), {"METAFLOW_TEMPDIR": "/scratch", "A": "b"}),
        (Tmpfs("/scratch", 32, tempdir=False), {"A": "b"}),
    ],
)
def test_a_tmpfs_may_take_temporary_files(tmpfs: Tmpfs, variables: dict[str, str]) -> None:
    fields: dict[str, Any] = {"compute": Compute(tmpfs=tmpfs), "environment": {"A": "b"}}

    assert volumes(**fields) == (
        [{"name": "tmpfs", "emptyDir": {"medium": "Memory", "sizeLimit": "32Mi"}}],
        [{"name": "tmpfs", "mountPath": "/scratch"}],
    )
    env = template_of(one_step(**fields), "start")["container"]["env"]
    assert {entry["name"]: entry["value"] for entry in env} == variables


def test_claims_are_mounted_where_the_step_says() -> None:
    assert volumes(pod=Pod(persistent_volume_claims={"data.v1": "/a", "more": "/b"})) == (
        [
            {"name": "claim-1", "persistentVolumeClaim": {"claimName": "data.v1"}},
            {"name": "claim-2", "persistentVolumeClaim": {"claimName": "more"}},
        ],
        [{"name": "claim-1", "mountPath": "/a"}, {"name": "claim-2", "mountPath": "/b"}],
    )


def test_pull_secrets_are_those_of_all_steps() -> None:
    steps = {
        "start": Pod(image_pull_secrets=("a", "b")),
        "end": Pod(image_pull_secrets=("b", "c")),
    }
    whole = one_step()
    asking = {name: replace(step, pod=steps[name]) for name, step in whole.steps.items()}

    secrets = spec_of(replace(whole, steps=asking))["imagePullSecrets"]

    assert secrets == [{"name": "a"}, {"name": "b"}, {"name": "c"}]


def test_a_namespace_of_all_steps_is_that_of_the_documents() -> None:
    whole = one_step()
    asking = {name: replace(step, pod=Pod(namespace="ml")) for name, step in whole.steps.items()}

    documents = compiled(replace(whole, steps=asking)).documents

    assert [document["metadata"]["namespace"] for document in documents] == ["ml", "ml"]


def test_a_namespace_of_one_step_is_not() -> None:
    documents = compiled(one_step(Pod(namespace="ml"))).documents

    assert all("namespace" not in document["metadata"] for document in documents)
