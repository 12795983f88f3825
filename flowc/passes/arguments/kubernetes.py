"""What the arguments of `@kubernetes` may be, by the rules of Metaflow and of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flowc.ir.flow import Value
from flowc.ir.pod import Qos, SecurityContext, Toleration
from flowc.passes.arguments import kinds

_ANY_QOS = kinds.one_in_any_case_of(*Qos)
_MOST_OF_A_LABEL = 63
_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MOST_OF_A_SUBDOMAIN = 253
_QUANTITY = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")

_OF_A_LABEL = (
    f"at most {_MOST_OF_A_LABEL} letters, digits, `-`, `_` and `.`, "
    "the first and last of them a letter or digit"
)
_OF_A_KEY = f"names of {_OF_A_LABEL}; a domain and `/` may come before"


def qos(value: Value) -> Qos:
    """A quality of service, in any case of letters."""
    return Qos(_ANY_QOS(value))


def pod_labels(value: Value) -> dict[str, str]:
    """Names and values that Kubernetes takes for labels."""
    return _of_label_values(_with_keys(value, kinds.tags(value)))


def pod_annotations(value: Value) -> dict[str, str]:
    """Names that Kubernetes takes for annotations, with any text."""
    return _with_keys(value, kinds.tags(value))


def node_selector(value: Value) -> dict[str, str]:
    """The labels that a node must have."""
    return _of_label_values(_with_keys(value, kinds.pairs(value)))


def pool(value: Value) -> str:
    """The name of a compute pool, which is the value of a label."""
    return _label_value(value)


def extended_resources(value: Value) -> dict[str, str]:
    """Resources by their names, with the quantity of each."""
    found = _with_keys(value, kinds.pairs(value))
    return {key: kinds.inside(f"[{key!r}]", _quantity, of) for key, of in found.items()}


def claims(value: Value) -> dict[str, str]:
    """Persistent volume claims with the folder that each is mounted at."""
    found = kinds.pairs(value)
    for claim in found:
        _object_name(claim)
    return {claim: kinds.inside(f"[{claim!r}]", kinds.folder, at) for claim, at in found.items()}


def object_names(value: Value) -> tuple[str, ...]:
    """Names of objects in the cluster, such as secrets."""
    return tuple(_object_name(name) for name in kinds.names(value))


def object_name(value: Value) -> str:
    """The name of an object in the cluster; empty for none."""
    return _object_name(kinds.text(value)) if value != "" else ""


def _object_name(name: str) -> str:
    fits = _SUBDOMAIN.fullmatch(name) and len(name) <= _MOST_OF_A_SUBDOMAIN
    return name if fits else kinds.refuse(name, "small letters, digits, `-` and `.` alone")


def _with_keys(value: Value, found: dict[str, str]) -> dict[str, str]:
    for key in found:
        domain, slash, name = key.rpartition("/")
        fits = name and len(name) <= _MOST_OF_A_LABEL and _LABEL.fullmatch(name)
        if not fits or (slash and not _SUBDOMAIN.fullmatch(domain)):
            kinds.refuse(key if isinstance(value, Mapping) else value, _OF_A_KEY)
    return found


def _of_label_values(found: dict[str, str]) -> dict[str, str]:
    return {key: kinds.inside(f"[{key!r}]", _label_value, value) for key, value in found.items()}


def _label_value(value: Value) -> str:
    label = kinds.text(value)
    fits = len(label) <= _MOST_OF_A_LABEL and _LABEL.fullmatch(label)
    return label if fits else kinds.refuse(value, _OF_A_LABEL)


def _quantity(value: Value) -> str:
    quantity = kinds.text(value)
    return quantity if _QUANTITY.fullmatch(quantity) else kinds.refuse(value, "a quantity")


_TOLERATION: Mapping[str, kinds.Kind] = {
    "key": kinds.text,
    "operator": kinds.unless_empty(kinds.one_of("Equal", "Exists", "Lt", "Gt")),
    "value": kinds.scalar,
    "effect": kinds.unless_empty(kinds.one_of("NoSchedule", "PreferNoSchedule", "NoExecute")),
    "toleration_seconds": kinds.whole,
}


def tolerations(value: Value) -> tuple[Toleration, ...]:
    """What the pod tolerates; each with the keys that Kubernetes knows, as Metaflow spells them."""
    return kinds.each_of(value, _toleration, "a list of dictionaries")


def _toleration(value: Value) -> Toleration:
    found = Toleration(**kinds.entries(value, _TOLERATION, "a toleration"))
    if found.operator == "Exists" and found.value:
        kinds.refuse(value, "no `value` where `operator` is `Exists`")
    if not found.key and found.operator != "Exists":
        kinds.refuse(value, "a `key`, or the `operator` `Exists`")
    if found.toleration_seconds is not None and found.effect != "NoExecute":
        kinds.refuse(value, "the `effect` `NoExecute`, as it has `toleration_seconds`")
    return found


_SECURITY_CONTEXT: Mapping[str, kinds.Kind] = {
    "privileged": kinds.truth,
    "allow_privilege_escalation": kinds.truth,
    "run_as_user": kinds.whole,
    "run_as_group": kinds.whole,
    "run_as_non_root": kinds.truth,
}


def security_context(value: Value) -> SecurityContext | None:
    """What the container may do, and as whom."""
    found = kinds.entries(value, _SECURITY_CONTEXT, "what the container may do")
    return SecurityContext(**found) if found else None


ARGUMENTS: Mapping[str, kinds.Kind] = {
    **kinds.SIZES,
    **kinds.TMPFS,
    "disk": kinds.above_zero,
    "gpu_vendor": kinds.unless_empty(kinds.one_in_any_case_of("nvidia", "amd")),
    "image": kinds.text,
    "image_pull_policy": kinds.unless_empty(kinds.one_of("Always", "IfNotPresent", "Never")),
    "image_pull_secrets": object_names,
    "namespace": object_name,
    "service_account": object_name,
    "node_selector": node_selector,
    "compute_pool": pool,
    "tolerations": tolerations,
    "labels": pod_labels,
    "annotations": pod_annotations,
    "secrets": object_names,
    "persistent_volume_claims": claims,
    "port": kinds.unless_zero(kinds.whole_number_in(1, 65535)),
    "qos": qos,
    "security_context": security_context,
    "extended_resources": extended_resources,
    "executable": kinds.text,
    "hostname_resolution_timeout": kinds.whole,
}
