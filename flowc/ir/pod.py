"""What a step asks for that only Kubernetes has, in the words of `@kubernetes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Qos(StrEnum):
    """How firmly a pod gets what it asks for."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"


@dataclass(frozen=True, slots=True)
class Toleration:
    """Taints of nodes that the pod may run on; an empty text matches any."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SecurityContext:
    """What the container may do, and as whom it runs; None leaves it to the cluster."""

    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """What `@kubernetes` asks for besides `Compute`; each field is named as its argument.

    `persistent_volume_claims` has the folder of each claim, `secrets` names those whose entries
    become variables, `hostname_resolution_timeout` counts seconds.
    """

    namespace: str = ""
    service_account: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    compute_pool: str = ""
    tolerations: tuple[Toleration, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    image_pull_policy: str = ""
    image_pull_secrets: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    persistent_volume_claims: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    qos: Qos | None = None
    security_context: SecurityContext | None = None
    extended_resources: Mapping[str, str] = field(default_factory=dict)
    executable: str = ""
    hostname_resolution_timeout: int | None = None

    @property
    def is_guaranteed(self) -> bool:
        """Whether the pod gets neither less nor more than it asks for."""
        return self.qos is Qos.GUARANTEED
