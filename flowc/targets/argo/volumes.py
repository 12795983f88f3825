"""What pods mount: the plan, the folder of control files, a store, and what a step asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowc.ir.flow import Step
from flowc.targets.argo.payload import Payload

PLAN_KEY = "plan.json"
PLAN_PATH = f"/flowc/plan/{PLAN_KEY}"
CONTROL_FOLDER = "/flowc/control"

# Where tasks meet if no store is named. Pods only share a folder by a volume, so a store of files
# lies on the volume of this claim, mounted at the store's own path.
DEFAULT_STORE = "file:///flowc/store"
STORE_CLAIM = "flowc-store"

_SHARED_MEMORY = "/dev/shm"  # noqa: S108 (where Linux has it in every container)


def store_folder(store: str) -> str:
    """The folder of a store of files; empty for a store that needs no volume."""
    scheme, separator, folder = store.partition("://")
    if not separator:
        return store
    return folder if scheme == "file" else ""


def volumes(plan: str, store: str) -> list[Payload]:
    """The volumes of a workflow; `plan` is the name of the plan's ConfigMap."""
    claim = {"name": "store", "persistentVolumeClaim": {"claimName": STORE_CLAIM}}
    return [
        {"name": "plan", "configMap": {"name": plan}},
        {"name": "control", "emptyDir": {}},
        *([claim] if store_folder(store) else []),
    ]


def volume_mounts(store: str) -> list[Payload]:
    """Where each container finds them."""
    folder = store_folder(store)
    return [
        {"name": "plan", "mountPath": PLAN_PATH.removesuffix(f"/{PLAN_KEY}")},
        {"name": "control", "mountPath": CONTROL_FOLDER},
        *([{"name": "store", "mountPath": folder}] if folder else []),
    ]


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
