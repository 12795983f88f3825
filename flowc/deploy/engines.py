"""The engines that flows are deployed to; each is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flowc.deploy.access import Access
from flowc.errors import UsageError

if TYPE_CHECKING:
    from flowc.deploy.engine import Engine
    from flowc.deploy.runs import Runs
    from flowc.deploy.versions import Versions

# The package of each, by what `--target` calls it. Its modules `deployment`, `versions`, `policies`
# and `runs` have the functions `connect`, `versions`, `filled` and `runs`.
PACKAGES = {
    "airflow": "flowc.deploy.airflow",
    "step-functions": "flowc.deploy.step_functions",
}

_WITH_POLICIES = frozenset({"flowc.deploy.step_functions"})
_NOTHING_SAID = Access()

# Who keeps what containers write, by what the record of a task has of its container.
_KEEPERS = {"aws": "flowc.deploy.step_functions"}


def connect(target: str, document: Mapping[str, Any], access: Access = _NOTHING_SAID) -> Engine:
    """The engine, which wants what a compiled document says."""
    module = import_module(f"{_package(target)}.deployment")
    engine: Engine = module.connect(document, access=access)
    return engine


def versions(target: str, name: str, access: Access = _NOTHING_SAID) -> Versions:
    """The versions of a deployment."""
    module = import_module(f"{_package(target)}.versions")
    found: Versions = module.versions(name, access=access)
    return found


def runs(target: str, name: str, access: Access = _NOTHING_SAID) -> Runs:
    """The runs of a deployment."""
    found: Runs = import_module(f"{_package(target)}.runs").runs(name, access=access)
    return found


def filled_policies(target: str, policies: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policies of a compiled document, with what is known of the place."""
    found: Mapping[str, Any] = import_module(f"{_package(target)}.policies").filled(policies)
    return found


def container_log(about: Mapping[str, Any]) -> Iterator[str] | None:
    """What a container wrote, if its engine keeps that; `about` is the record of its task."""
    word = next((word for word in _KEEPERS if word in about), None)
    if word is None:
        return None
    kept = import_module(f"{_KEEPERS[word]}.logs")
    found: Iterator[str] | None = kept.container_log(about[word])
    return found


def check_target(target: str) -> None:
    """Refuse a target that flowc deploys nothing to."""
    _package(target)


def check_policies(target: str) -> None:
    """Refuse a target whose place has no policies that flowc could write."""
    if _package(target) not in _WITH_POLICIES:
        raise UsageError(
            f"policies are of AWS, and mean nothing to `{target}`: what deploys and runs there "
            "needs an account of that engine, and may use the store"
        )


def _package(target: str) -> str:
    if target not in PACKAGES:
        known = ", ".join(f"`{name}`" for name in PACKAGES)
        raise UsageError(f"flowc does not deploy to `{target}`; it does to {known}")
    return PACKAGES[target]
