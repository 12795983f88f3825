"""Pods of Kubernetes for steps: what their containers get, and what is mounted in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from flowc.ir.flow import Step

if TYPE_CHECKING:
    # What only Kubernetes has is loaded only for a flow that asks for it.
    from flowc.ir.compute import Compute
    from flowc.ir.pod import Pod

# An object of Kubernetes' API or a part of it.
Payload: TypeAlias = dict[str, Any]

# What pods run if neither the step nor the command line names an image.
DEFAULT_IMAGE = "python:3.12-slim"

# Pods only share a folder by a volume, so a store of files lies on the volume of this claim,
# mounted at the store's own path.
STORE_CLAIM = "flowc-store"

_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (where Linux has it in every container)


def resources(compute: Compute, pod: Pod | None = None) -> Payload:
    """What a container asks for, and what it gets at most."""
    limits = {
        "memory": f"{compute.memory_mb}M",
        **({"ephemeral-storage": f"{compute.disk_mb}M"} if compute.disk_mb else {}),
        **({f"{compute.gpu_vendor}.com/gpu": str(compute.gpu)} if compute.gpu else {}),
        **(pod.extended_resources if pod else {}),
    }
    cpu = {"cpu": _cpu(compute.cpu)}
    # A limit on the CPU would only slow steps down where a node has some left, so that only those
    # have one that ask for all to be guaranteed.
    return {
        "requests": cpu | limits,
        "limits": cpu | limits if pod and pod.is_guaranteed else limits,
    }


def _cpu(cpu: float) -> str:
    # Kubernetes has no less than a thousandth.
    thousandths = max(round(cpu * 1000), 1)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def environment(step: Step) -> Mapping[str, str]:
    """The variables that a step asks for, as the step is to see them."""
    tmpfs = step.compute.tmpfs
    # Metaflow's own clients keep their temporary files in this folder.
    own = {"METAFLOW_TEMPDIR": tmpfs.path} if tmpfs and tmpfs.tempdir else {}
    return {**own, **step.environment}


def address() -> Payload:
    """The variable that tells the member of a gang its pod's address."""
    return {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


def verbatim(text: str) -> str:
    """What makes Kubernetes give the text to a container, in a word or variable."""
    # Kubernetes expands `$(NAME)`, and reads `$$` as one dollar sign:
    # https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    return re.sub(r"\$(?=[$(])", "$$", text)


def pod_annotations(step: Step, flow_file: str) -> Mapping[str, str]:
    """The annotations of a step's pod, with the place of the step in the source."""
    own = step.pod.annotations if step.pod else {}
    return {**own, "flowc.dev/source": f"{step.file or flow_file}:{step.span.line}"}


def store_folder(store: str) -> str:
    """The folder of a store of files; empty for a store that needs no volume."""
    scheme, separator, folder = store.partition("://")
    if not separator:
        return store
    return folder if scheme == "file" else ""


def store_volumes(store: str) -> list[Payload]:
    """The volume of a store of files, in a list that is empty if it needs none."""
    claim = {"name": "store", "persistentVolumeClaim": {"claimName": STORE_CLAIM}}
    return [claim] if store_folder(store) else []


def store_mounts(store: str) -> list[Payload]:
    """Where each container finds it."""
    folder = store_folder(store)
    return [{"name": "store", "mountPath": folder}] if folder else []


@dataclass(frozen=True, slots=True)
class OwnVolume:
    """A volume that one step alone mounts; `argument` asks for it."""

    argument: str
    path: str
    volume: Payload

    @property
    def mount(self) -> Payload:
        """Where the step's container finds it."""
        return {"name": self.volume["name"], "mountPath": self.path}


def own_volumes(step: Step) -> tuple[OwnVolume, ...]:
    """The volumes that a step asks for, none of which any other step has."""
    return tuple(_own_volumes(step))


def mounted_twice(step: Step, common: list[Payload]) -> Iterator[OwnVolume]:
    """The volumes of a step in whose folder there is another one; `common` are the mounts of all.

    Kubernetes refuses a pod with them.
    """
    taken = {mount["mountPath"] for mount in common}
    for own in own_volumes(step):
        path = own.path.rstrip("/") or "/"
        if path in taken:
            yield own
        taken.add(path)


def _own_volumes(step: Step) -> Iterator[OwnVolume]:
    shared, tmpfs = step.compute.shared_memory_mib, step.compute.tmpfs
    if shared is not None:
        yield OwnVolume("shared_memory", _SHARED_MEMORY, _in_memory("shared-memory", shared))
    if tmpfs:
        yield OwnVolume("tmpfs_path", tmpfs.path, _in_memory("tmpfs", tmpfs.size_mib))
    claims = step.pod.persistent_volume_claims if step.pod else {}
    for number, (claim, path) in enumerate(claims.items(), 1):
        volume = {"name": f"claim-{number}", "persistentVolumeClaim": {"claimName": claim}}
        yield OwnVolume("persistent_volume_claims", path, volume)


def _in_memory(name: str, size_mib: int) -> Payload:
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": f"{size_mib}Mi"}}
