"""What steps ask for by `@kubernetes`, as the platform's document has it; loaded for such flows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Step
from flowc.ir.pod import Pod, SecurityContext
from flowc.targets.kubeflow import problems
from flowc.targets.kubeflow.parts import Part, constant
from flowc.targets.kubeflow.resources import devices
from flowc.targets.pod_fields import UP_TO_ENGINE, asked, place_of, pod_fields
from flowc.targets.pods import STORE_CLAIM, store_mounts

# Where the entries of each secret lie as files, of which the shim makes variables: by themselves
# they could only be had by their names, which a flow does not tell.
SECRETS_FOLDER = "/flowc/secrets"

# What is up to a run as a whole, or has no place in the platform's document.
_NOT_THERE = ("namespace", "service_account", "port", *UP_TO_ENGINE)

# Volumes are named after claims and secrets, but for those that each pod of a pipeline has:
# https://github.com/kubeflow/pipelines/blob/master/backend/src/v2/compiler/argocompiler/container.go
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_OWN_VOLUMES = (
    *("kfp-launcher", "gcs-scratch", "s3-scratch", "minio-scratch"),
    *("dot-local-scratch", "dot-cache-scratch", "dot-config-scratch", "kfp-workspace"),
    *("ca-bundle", "custom-ca"),
)


def pod_config(pod: Pod) -> Part:
    """What the pod asks for, without volumes; empty fields are to be left out."""
    common = pod_fields(pod)
    selector = common.get("nodeSelector", {})
    metadata = {"labels": dict(pod.labels), "annotations": dict(pod.annotations)}
    return {
        "secretAsVolume": [_secret(name) for name in pod.secrets],
        "nodeSelector": {"labels": selector} if selector else {},
        "podMetadata": {name: value for name, value in metadata.items() if value},
        "imagePullSecret": [_named("secretName", name) for name in pod.image_pull_secrets],
        "imagePullPolicy": pod.image_pull_policy,
        "tolerations": common.get("tolerations", []),
        "securityContext": _security_context(pod.security_context),
    }


def secret_folder(secret: str) -> str:
    """Where the files of a secret lie."""
    return f"{SECRETS_FOLDER}/{secret}"


def secret_variables(step: Step) -> dict[str, str]:
    """What tells the shim of the secrets, and which names the step itself gives a value."""
    if step.pod is None or not step.pod.secrets:
        return {}
    own = {"FLOWC_SECRETS_BUT": ",".join(step.environment)} if step.environment else {}
    return {"FLOWC_SECRETS": ":".join(map(secret_folder, step.pod.secrets)), **own}


def without_effect(step: Step) -> Iterator[Diagnostic]:
    """What a step asks for that no platform's document can say."""
    for decorator, arguments in _ineffective(step):
        for argument in arguments:
            span = place_of(step, decorator, argument)
            yield problems.argument_no_pipeline_has(span, decorator, argument)


def named_twice(step: Step, store: str) -> Iterator[tuple[str, str]]:
    """The claims and secrets of a step after which no volume can be named, with their arguments."""
    common = ("tmpfs", "shared-memory", *(STORE_CLAIM for _ in store_mounts(store)))
    taken = {*common, *_OWN_VOLUMES}
    for argument in ("persistent_volume_claims", "secrets"):
        for name in getattr(step.pod, argument):
            if name in taken or not _DNS_LABEL.fullmatch(name):
                yield argument, name
            taken.add(name)


def _ineffective(step: Step) -> Iterator[tuple[str, Iterable[str]]]:
    if step.pod:
        yield "kubernetes", (*asked(step.pod, _NOT_THERE), *_partly(step.pod, step))
    if step.batch:
        yield "batch", asked(step.batch, [field.name for field in fields(step.batch)])
    if step.compute.disk_mb:
        yield _asks_for_disk(step), ("disk",)


def _partly(pod: Pod, step: Step) -> Iterator[str]:
    """Arguments of which something has no place in the document."""
    context = pod.security_context
    # What they forbid no pod of a pipeline may do.
    if context and (context.privileged or context.allow_privilege_escalation):
        yield "security_context"
    if len(tuple(devices(step))) > 1:
        yield "extended_resources"


def _asks_for_disk(step: Step) -> str:
    found = (each.name for each in step.decorators if "disk" in each.arguments)
    return next(found, "kubernetes")


def _secret(name: str) -> Part:
    return {**_named("secretName", name), "mountPath": secret_folder(name)}


def _named(field: str, name: str) -> Part:
    # Backends before 2.5 only read the field that has been replaced.
    return {field: name, f"{field}Parameter": constant(name)}


def _security_context(context: SecurityContext | None) -> Part:
    if context is None:
        return {}
    found = {
        "runAsUser": context.run_as_user,
        "runAsGroup": context.run_as_group,
        "runAsNonRoot": context.run_as_non_root,
    }
    return {name: value for name, value in found.items() if value is not None}
