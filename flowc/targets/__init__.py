"""The targets: a package for each engine, and what they share. None of them knows another."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.targets.target import Target

# Each is loaded when it is asked for; its module has it as `TARGET`.
_MODULES = {
    "airflow": "flowc.targets.airflow.emit",
    "argo": "flowc.targets.argo.emit",
    "kubeflow": "flowc.targets.kubeflow.emit",
    "step-functions": "flowc.targets.step_functions.emit",
}

TARGETS = tuple(_MODULES)


def get_target(name: str) -> Target:
    """The target of that name; a `UsageError` tells an unknown one apart from those there are."""
    if name not in _MODULES:
        known = ", ".join(f"`{target}`" for target in TARGETS)
        raise UsageError(f"there is no target `{name}`; flowc compiles to {known}")
    target: Target = import_module(_MODULES[name]).TARGET
    return target
