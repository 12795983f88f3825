"""What a step asks for besides its compute, as its pod has it; loaded only for such steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from flowc.diagnostics import Span
from flowc.ir.batch_job import BatchJob
from flowc.ir.flow import Step
from flowc.ir.pod import Pod, SecurityContext, Toleration
from flowc.targets.pods import Payload

# Metaflow means a pool of nodes by this label: it is how Outerbounds marks them.
_POOL_LABEL = "outerbounds.co/compute-pool"

# What is up to the engine: which Python runs, and how the members of a gang find each other.
UP_TO_ENGINE = ("executable", "hostname_resolution_timeout")


def pod_fields(pod: Pod) -> Payload:
    """What stands beside the container, without metadata and volumes."""
    pool = {_POOL_LABEL: pod.compute_pool} if pod.compute_pool else {}
    return _given(
        {
            "serviceAccountName": pod.service_account,
            "nodeSelector": {**pod.node_selector, **pool},
            "tolerations": [_toleration(toleration) for toleration in pod.tolerations],
        }
    )


def container_fields(pod: Pod) -> Payload:
    """What stands in the container, without resources and mounts."""
    return _given(
        {
            "imagePullPolicy": pod.image_pull_policy,
            "envFrom": [{"secretRef": {"name": secret}} for secret in pod.secrets],
            "ports": [{"containerPort": pod.port}] if pod.port else [],
            "securityContext": _security_context(pod.security_context),
        }
    )


def asked(given: Pod | BatchJob, names: Iterable[str]) -> Iterator[str]:
    """Those of the arguments that a decorator gives a value."""
    nothing = type(given)()
    return (name for name in names if getattr(given, name) != getattr(nothing, name))


def place_of(step: Step, name: str, argument: str) -> Span:
    """Where a decorator gives the argument, or the step if it stands in no source."""
    found = (each for each in step.decorators if each.name == name and argument in each.arguments)
    return next((each.span for each in found), step.span)


def texts(pod: Pod) -> Iterator[tuple[str, str]]:
    """Each text that an engine may be told, with the name of its argument."""
    for field in fields(pod):
        if field.name not in UP_TO_ENGINE:
            yield from ((field.name, text) for text in _texts(getattr(pod, field.name)))


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case tuple():
            for member in value:
                yield from _texts(member)
        case Mapping():
            for key, member in value.items():
                yield from (key, *_texts(member))
        case Toleration():
            yield from (value.key, value.value)


def _toleration(toleration: Toleration) -> Payload:
    found = _given(
        {
            "key": toleration.key,
            "operator": toleration.operator,
            "value": toleration.value,
            "effect": toleration.effect,
        }
    )
    seconds = toleration.toleration_seconds
    return found if seconds is None else {**found, "tolerationSeconds": seconds}


def _security_context(context: SecurityContext | None) -> Payload:
    if context is None:
        return {}
    found = {
        "privileged": context.privileged,
        "allowPrivilegeEscalation": context.allow_privilege_escalation,
        "runAsUser": context.run_as_user,
        "runAsGroup": context.run_as_group,
        "runAsNonRoot": context.run_as_non_root,
    }
    return {key: value for key, value in found.items() if value is not None}


def _given(entries: Payload) -> Payload:
    return {key: value for key, value in entries.items() if value}
