"""What steps ask of their pods: resources of the container, and the platform's document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from argo.flows import GANG
from kubeflow.emitted import configs, container, emitted, one_step
from kubeflow.platforms import needs_kfp, read_back

from flowc.ir.compute import Compute, Tmpfs
from flowc.ir.flow import Flow, Policy
from flowc.ir.pod import Pod, Qos, SecurityContext, Toleration

EVERYTHING = one_step(
    Pod(
        node_selector={"a": "b"},
        compute_pool="large",
        tolerations=(Toleration("a", "Equal", "b", "NoExecute", 0),),
        labels={"team": "ml"},
        annotations={"note": "a"},
        image_pull_policy="Always",
        image_pull_secrets=("registry",),
        secrets=("database",),
        persistent_volume_claims={"wide": "/data", "more": "/more"},
        security_context=SecurityContext(None, False, 0, 1, True),
        qos=Qos.GUARANTEED,
    ),
    compute=Compute(shared_memory_mib=64, tmpfs=Tmpfs("/scratch", 32), gpu=1),
    policy=Policy(timeout=60),
    environment={"HOST": "a"},
)


@needs_kfp
def test_messages_hold_all_that_is_written() -> None:
    documents = emitted(EVERYTHING, store="file:///runs")
    config = configs(EVERYTHING, store="file:///runs")["start"]

    # An int64 is a text in JSON, as protobuf writes it.
    config["activeDeadlineSeconds"] = str(config["activeDeadlineSeconds"])
    config["tolerations"][0]["tolerationSeconds"] = "0"
    config["securityContext"] |= {"runAsUser": "0", "runAsGroup": "1"}
    assert read_back(documents)["exec-start"] == config


def test_a_step_that_asks_for_nothing_has_no_entry() -> None:
    assert configs(EVERYTHING).keys() == {"start"}


def test_a_flow_that_asks_for_nothing_has_no_second_document() -> None:
    assert len(emitted(one_step())) == 1


def constant(value: str) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


@pytest.mark.parametrize(
    ("pod", "config"),
    [
        (Pod(node_selector={"a": "b"}), {"nodeSelector": {"labels": {"a": "b"}}}),
        (
            Pod(compute_pool="a"),
            {"nodeSelector": {"labels": {"outerbounds.co/compute-pool": "a"}}},
        ),
        (
            Pod(tolerations=(Toleration("a", effect="NoExecute", toleration_seconds=0),)),
            {"tolerations": [{"key": "a", "effect": "NoExecute", "tolerationSeconds": 0}]},
        ),
        (Pod(labels={"a": "b"}), {"podMetadata": {"labels": {"a": "b"}}}),
        (Pod(annotations={"a": "b"}), {"podMetadata": {"annotations": {"a": "b"}}}),
        (Pod(image_pull_policy="Always"), {"imagePullPolicy": "Always"}),
        (
            Pod(image_pull_secrets=("a",)),
            {"imagePullSecret": [{"secretName": "a", "secretNameParameter": constant("a")}]},
        ),
        (
            Pod(persistent_volume_claims={"a": "/b"}),
            {"pvcMount": [{"constant": "a", "pvcNameParameter": constant("a"), "mountPath": "/b"}]},
        ),
        (
            Pod(secrets=("a",)),
            {
                "secretAsVolume": [
                    {
                        "secretName": "a",
                        "secretNameParameter": constant("a"),
                        "mountPath": "/flowc/secrets/a",
                    }
                ]
            },
        ),
        (
            Pod(security_context=SecurityContext(run_as_user=0, run_as_non_root=False)),
            {"securityContext": {"runAsUser": 0, "runAsNonRoot": False}},
        ),
    ],
)
def test_a_pod_gets_what_its_step_asks_for(pod: Pod, config: dict[str, Any]) -> None:
    assert configs(one_step(pod)) == {"start": config}


def test_memory_is_mounted_as_folders() -> None:
    compute = Compute(shared_memory_mib=64, tmpfs=Tmpfs("/scratch", 32))

    assert configs(one_step(compute=compute))["start"] == {
        "emptyDirMounts": [
            {
                "volumeName": "shared-memory",
                "medium": "Memory",
                "mountPath": "/dev/shm",
                "sizeLimit": "64Mi",
            },
            {
                "volumeName": "tmpfs",
                "medium": "Memory",
                "mountPath": "/scratch",
                "sizeLimit": "32Mi",
            },
        ],
    }


@pytest.mark.parametrize(
    ("delay", "text"), [(0, "0s"), (90, "90s"), (0.1, "1s"), (123456789, "123456789s")]
)
def test_a_step_is_tried_again_for_longer_than_attempts_take(delay: float, text: str) -> None:
    flow = one_step(policy=Policy(retries=2, retry_delay=delay))
    found = emitted(flow)[0]["root"]["dag"]["tasks"]["start"]["retryPolicy"]

    assert found == {
        "maxRetryCount": 2,
        "backoffDuration": text,
        "backoffFactor": 1.0,
        "backoffMaxDuration": "31536000s",
    }


def test_a_store_of_files_is_mounted_everywhere() -> None:
    found = configs(one_step(), store="file:///runs")

    assert found.keys() == {"start", "end"}
    assert [each["pvcMount"][0]["mountPath"] for each in found.values()] == ["/runs", "/runs"]
    assert found["start"]["pvcMount"][0]["constant"] == "flowc-store"


def test_a_deadline_leaves_the_shim_time_to_end_the_step() -> None:
    assert configs(one_step(policy=Policy(timeout=60))) == {"start": {"activeDeadlineSeconds": 120}}


def timed_gang() -> Flow:

    steps = {
        name: replace(step, policy=Policy(timeout=60)) if name == "work" else step
        for name, step in GANG.steps.items()
    }
    return replace(GANG, steps=steps)


def test_members_of_gangs_know_their_addresses_and_wait_for_each_other() -> None:
    assert configs(timed_gang()) == {
        "work": {
            "activeDeadlineSeconds": 720,
            "fieldPathAsEnv": [{"name": "POD_IP", "fieldPath": "status.podIP"}],
        }
    }


def variables(flow: Flow) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(flow)["env"]}


def test_the_shim_is_told_where_secrets_are() -> None:
    pod = Pod(secrets=("a", "b"))

    plain = variables(one_step(pod))
    with_own = variables(one_step(pod, environment={"HOST": "a", "PORT": "1"}))

    assert plain["FLOWC_SECRETS"] == "/flowc/secrets/a:/flowc/secrets/b"
    assert "FLOWC_SECRETS_BUT" not in plain
    assert with_own["FLOWC_SECRETS_BUT"] == "HOST,PORT"


@pytest.mark.parametrize(
    ("cpu", "text"), [(1, "1"), (0.1, "100m"), (2.5, "2500m"), (0.0001, "1m"), (1000, "1000")]
)
def test_any_part_of_a_cpu_is_asked_for(cpu: float, text: str) -> None:
    found = container(one_step(compute=Compute(cpu=cpu)))["resources"]

    assert found["resourceCpuRequest"] == text
    assert "resourceCpuLimit" not in found


@pytest.mark.parametrize("megabytes", [1, 4096, 4_000_000])
def test_memory_is_counted_as_elsewhere(megabytes: int) -> None:
    found = container(one_step(compute=Compute(memory_mb=megabytes)))["resources"]

    assert found["resourceMemoryRequest"] == found["resourceMemoryLimit"] == f"{megabytes}M"


def test_a_guaranteed_pod_has_no_more_than_it_asks_for() -> None:
    found = container(one_step(Pod(qos=Qos.GUARANTEED), compute=Compute(cpu=0.5)))["resources"]

    assert found["resourceCpuRequest"] == found["resourceCpuLimit"] == "500m"


@pytest.mark.parametrize(
    ("pod", "compute", "accelerator"),
    [
        (None, Compute(gpu=2), {"resourceType": "nvidia.com/gpu", "resourceCount": "2"}),
        (
            None,
            Compute(gpu=1, gpu_vendor="amd"),
            {"resourceType": "amd.com/gpu", "resourceCount": "1"},
        ),
        (
            Pod(extended_resources={"example.com/card": "2"}),
            Compute(),
            {"resourceType": "example.com/card", "resourceCount": "2"},
        ),
    ],
)
def test_a_device_is_an_accelerator(
    pod: Pod | None, compute: Compute, accelerator: dict[str, str]
) -> None:
    assert container(one_step(pod, compute=compute))["resources"]["accelerator"] == accelerator
