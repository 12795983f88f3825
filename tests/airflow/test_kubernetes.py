"""Pods on Airflow: those that Argo would start for the same steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.installed import VERSIONS, install
from airflow.operators import Payload, compiled, started
from argo.test_pods import EVERYTHING, one_step

from flowc.driver import read_flow
from flowc.ir.flow import Flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

FLOWS = Path(__file__).parents[2] / "fixtures" / "flows"
OPTIONS = CompileOptions(image="registry.example/flows:1", store="file:///mnt/flows")

# What each of the engines adds to a pod for its own ends.
_OWN_VOLUMES = {"plan", "control", "xcom"}
_OWN_LABELS = {
    *("dag_id", "task_id", "run_id", "map_index", "try_number", "kubernetes_pod_operator"),
    *("airflow_version", "airflow_kpo_in_cluster", "app.kubernetes.io/managed-by"),
}
_OWN_FIELDS = ("serviceAccountName", "nodeSelector", "tolerations", "activeDeadlineSeconds")
_CONTAINER_FIELDS = ("image", "command", "envFrom", "ports", "imagePullPolicy", "securityContext")


def flow_of(name: str) -> Flow:
    reading = read_flow(str(FLOWS / name / "flow.py"))
    assert reading.flow
    return reading.flow


# Kubernetes would take some of it for variables of its own.
DOLLARS = one_step(environment={"PRICE": "$(HOME) $$ $5", "HOME": "/"})
ALL = {"everything": EVERYTHING, "dollars": DOLLARS} | {
    file.parent.name: flow_of(file.parent.name) for file in sorted(FLOWS.glob("*/flow.py"))
}


def compared(container: Payload, pod: Payload, metadata: Payload) -> Payload:
    """What the pods of all engines have in common."""
    found: Payload = {field: container.get(field) or None for field in _CONTAINER_FIELDS}
    found |= {field: pod.get(field) or None for field in _OWN_FIELDS}
    found["resources"] = container["resources"]
    found["words"] = container["args"][1]
    found["env"] = _without(container.get("env"), {"FLOWC_"})
    found["mounts"] = _without(container.get("volumeMounts"), _OWN_VOLUMES)
    found["volumes"] = _without(pod.get("volumes"), _OWN_VOLUMES)
    labels: Payload = metadata.get("labels") or {}
    found["labels"] = {name: labels[name] for name in labels.keys() - _OWN_LABELS}
    found["annotations"] = metadata["annotations"]
    return found


def _without(entries: list[Payload] | None, beginnings: set[str]) -> list[Payload]:
    kept = [each for each in entries or [] if not each["name"].startswith(tuple(beginnings))]
    return sorted(kept, key=lambda each: str(each["name"]))


def on_argo(flow: Flow) -> dict[str, Payload]:
    manifest, _ = get_target("argo").emit(flow, OPTIONS)
    assert manifest
    spec: Payload = manifest.documents[1]["spec"]
    common = spec["templateDefaults"]["container"]
    leaves = [each for each in spec["templates"] if "container" in each]
    return {leaf["container"]["args"][1]: _merged(leaf, common, spec["volumes"]) for leaf in leaves}


def _merged(leaf: Payload, common: Payload, volumes: list[Payload]) -> Payload:
    """A leaf with the defaults of all, as Argo merges them."""
    own: Payload = leaf["container"]
    lists = {name: common[name] + own.get(name, []) for name in ("env", "volumeMounts")}
    pod = leaf | {"volumes": volumes + leaf.get("volumes", [])}
    return compared(common | own | lists, pod, leaf["metadata"])


def on_airflow(pod: Payload) -> Payload:
    spec: Payload = pod["spec"]
    return compared(spec["containers"][0], spec, pod["metadata"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_gets_the_pod_that_argo_would_give_it(version: str, tmp_path: Path) -> None:
    texts = {name: compiled(flow, OPTIONS) for name, flow in ALL.items()}

    pods = started(install(version, tmp_path), texts)

    for name, flow in ALL.items():
        given = {pod["spec"]["containers"][0]["args"][1]: pod for pod in pods[name].values()}
        expected = on_argo(flow)
        for loop in (step for step in flow.steps if step in flow.steps[step].next_steps):
            # All rounds of it are in one pod.
            expected[loop]["activeDeadlineSeconds"] = None
        assert {step: on_airflow(pod) for step, pod in given.items()} == expected, name
