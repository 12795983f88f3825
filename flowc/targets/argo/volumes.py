"""What all pods mount: the plan, the folder of control files, and a store."""

from __future__ import annotations

from flowc.targets.argo.payload import Payload
from flowc.targets.pods import store_mounts, store_volumes

PLAN_KEY = "plan.json"
PLAN_PATH = f"/flowc/plan/{PLAN_KEY}"
CONTROL_FOLDER = "/flowc/control"

# Where tasks meet if no store is named.
DEFAULT_STORE = "file:///flowc/store"


def volumes(plan: str, store: str) -> list[Payload]:
    """The volumes of a workflow; `plan` is the name of the plan's ConfigMap."""
    return [
        {"name": "plan", "configMap": {"name": plan}},
        {"name": "control", "emptyDir": {}},
        *store_volumes(store),
    ]


def volume_mounts(store: str) -> list[Payload]:
    """Where each container finds them."""
    return [
        {"name": "plan", "mountPath": PLAN_PATH.removesuffix(f"/{PLAN_KEY}")},
        {"name": "control", "mountPath": CONTROL_FOLDER},
        *store_mounts(store),
    ]
