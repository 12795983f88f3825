"""Steps as pods of Kubernetes, each as Argo would have it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowc.diagnostics import Diagnostic
from flowc.ir.compute import Compute as Size
from flowc.ir.flow import Flow, Step
from flowc.names import flow_label
from flowc.targets.airflow.compute_check import (
    ON_KUBERNETES,
    images,
    mounts,
    plan,
    store,
    without_effect,
)
from flowc.targets.airflow.python_text import Call, Expression, Name
from flowc.targets.gangs import members
from flowc.targets.pods import (
    DEFAULT_IMAGE,
    Payload,
    address,
    environment,
    own_volumes,
    pod_annotations,
    resources,
    store_mounts,
    store_volumes,
    verbatim,
)
from flowc.targets.start import shim_words
from flowc.targets.target import CompileOptions

_LABELS = {"app.kubernetes.io/managed-by": "flowc"}

# How long a pod may wait for its node, which may have to come up first.
_SECONDS_TO_START = 3600

# The classes of what is not text or a number, by the fields of Kubernetes' API that hold it.
_CLASSES = {
    "emptyDir": "V1EmptyDirVolumeSource",
    "env": "V1EnvVar",
    "envFrom": "V1EnvFromSource",
    "fieldRef": "V1ObjectFieldSelector",
    "imagePullSecrets": "V1LocalObjectReference",
    "persistentVolumeClaim": "V1PersistentVolumeClaimVolumeSource",
    "ports": "V1ContainerPort",
    "resources": "V1ResourceRequirements",
    "secretRef": "V1SecretEnvSource",
    "securityContext": "V1SecurityContext",
    "tolerations": "V1Toleration",
    "valueFrom": "V1EnvVarSource",
    "volumeMounts": "V1VolumeMount",
    "volumes": "V1Volume",
}

# What the operator calls otherwise than Kubernetes does.
_RENAMED = {"resources": "container_resources", "securityContext": "container_security_context"}


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """A pod for each task, of the step's image.

    Without a package, the image holds flowc and, in its working directory, the flow's file.
    """

    flow: Flow
    options: CompileOptions
    template: str = "kubernetes"
    standard: tuple[str, ...] = ()
    modules: tuple[str, ...] = (
        "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator",
        "from kubernetes.client import models as k8s",
    )
    names: tuple[str, ...] = ("AirflowSkipException",)

    @property
    def constants(self) -> Mapping[str, Expression]:
        """See `Compute.constants`."""
        address_of_pod = {"POD_IP": _model("env", address())} if members(self.flow) else {}
        return {"POD_NAME": flow_label(self.flow.name), **address_of_pod, "POD": self._pod()}

    def arguments(
        self, step: Step, *, seconds: int | None, is_member: bool
    ) -> Mapping[str, Expression]:
        """See `Compute.arguments`."""
        image, variables = step.compute.image, environment(step)
        return {
            **({"image": image} if image else {}),
            **({"environment": dict(variables)} if variables else {}),
            **({"active_deadline_seconds": seconds} if seconds else {}),
            **({"pod_runtime_info_envs": [Name("POD_IP")]} if is_member else {}),
            **_operator_words(self._own(step)),
            "annotations": dict(pod_annotations(step, self.flow.file)),
        }

    def check(self) -> Iterator[Diagnostic]:
        """See `Compute.check`."""
        yield from images(self.flow, self.options)
        yield from store(self.flow, self.options)
        yield from mounts(self.flow, store_mounts(self.options.store))
        yield from plan(self.flow, self.options)
        yield from without_effect(self.flow, ON_KUBERNETES, "Kubernetes")

    def _pod(self) -> Mapping[str, Expression]:
        """What the operators of all steps are told, where a step says nothing else."""
        airflow = self.options.airflow
        of_all = {
            "resources": resources(Size()),
            "volumes": store_volumes(self.options.store),
            "volumeMounts": store_mounts(self.options.store),
        }
        return {
            "image": self.options.image or DEFAULT_IMAGE,
            "cmds": [verbatim(word) for word in shim_words(self.options.package)],
            "labels": dict(_LABELS),
            **_operator_words(of_all),
            "startup_timeout_seconds": _SECONDS_TO_START,
            "on_finish_action": "delete_succeeded_pod",
            # It holds the plan, and would be in the log of each failure.
            "log_pod_spec_on_failure": False,
            **({"kubernetes_conn_id": airflow.connection} if airflow.connection else {}),
            **({"deferrable": True} if airflow.deferrable else {}),
        }

    def _own(self, step: Step) -> Payload:
        """What a step asks for, in the words of Kubernetes."""
        own, asked = own_volumes(step), resources(step.compute, step.pod)
        volumes = [*store_volumes(self.options.store), *(each.volume for each in own)]
        mounts = [*store_mounts(self.options.store), *(each.mount for each in own)]
        return {
            **({"resources": asked} if asked != resources(Size()) else {}),
            **({"volumes": volumes, "volumeMounts": mounts} if own else {}),
            **_of_pod(step),
        }


def _of_pod(step: Step) -> Payload:
    if step.pod is None:
        return {}
    from flowc.targets.pod_fields import (  # noqa: PLC0415 (few steps ask for it)
        container_fields,
        pod_fields,
    )

    pod = step.pod
    secrets = [{"name": secret} for secret in pod.image_pull_secrets]
    return {
        **({"namespace": pod.namespace} if pod.namespace else {}),
        **({"labels": {**_LABELS, **pod.labels}} if pod.labels else {}),
        **({"imagePullSecrets": secrets} if secrets else {}),
        **container_fields(pod),
        **pod_fields(pod),
    }


def _operator_words(payload: Payload) -> dict[str, Expression]:
    """Fields of a pod and its container as arguments of the operator, without empty ones."""
    return {
        _RENAMED.get(field, _snake(field)): _model(field, value)
        for field, value in payload.items()
        if value
    }


def _model(field: str, value: Expression) -> Expression:
    """The value of a field, as the client of Kubernetes has it."""
    match value:
        case list():
            return [_model(field, each) for each in value]
        case Mapping() if field in _CLASSES:
            parts = {_snake(name): _model(name, part) for name, part in value.items()}
            return Call(f"k8s.{_CLASSES[field]}", (), parts)
        case _:
            return value


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
