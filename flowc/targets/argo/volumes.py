"""What pods mount: the plan, the folder of control files, and a store of files."""

from __future__ import annotations

from flowc.targets.argo.payload import Payload

PLAN_KEY = "plan.json"
PLAN_PATH = f"/flowc/plan/{PLAN_KEY}"
CONTROL_FOLDER = "/flowc/control"

# Where tasks meet if no store is named. Pods only share a folder by a volume, so a store of files
# lies on the volume of this claim, mounted at the store's own path.
DEFAULT_STORE = "file:///flowc/store"
STORE_CLAIM = "flowc-store"


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
