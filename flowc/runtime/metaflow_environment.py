"""A step of Metaflow's in an environment of its own, with the Metaflow that is here.

Of packages that the plan names flowc makes the environment; all others Metaflow makes.
"""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH103, PTH118, PTH208, PTH211

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec

from flowc.runtime import environments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowc.runtime.plan import Step

# What Metaflow needs everywhere, and for stores of a kind.
_ALWAYS = {"requests": ">=2.21.0"}
_STORES = {
    "s3": {"boto3": ">=1.35"},
    "gs": {"google-cloud-storage": ">=2.5.0", "google-auth": ">=2.11.0"},
    "azure": {"azure-identity": ">=1.10.0", "azure-storage-blob": ">=12.12.0"},
}
_HOOKS = "flowc.runtime.metaflow_hooks"
_PACKAGE, _EXTENSIONS = "metaflow", "metaflow_extensions"


def environment_of(step: Step, store: str) -> str:
    """The folder of the environment that a step asks for; nothing if it asks for none."""
    if not step.packages:
        return ""
    scheme = store.partition("://")[0]
    own = {**environments.needed(step, store), **_ALWAYS, **_STORES.get(scheme, {})}
    return environments.made(step, own)


def moved(words: Sequence[str], place: str) -> list[str]:
    """Metaflow's command under the Python of an environment, which Metaflow takes as settled."""
    return [environments.python_of(place), words[1], f"--with={_HOOKS}.InEnvironment", *words[2:]]


def sent(words: Sequence[str]) -> list[str]:
    """Metaflow's command, which goes on in the environment that Metaflow makes."""
    return [*words[:2], f"--with={_HOOKS}.OwnEnvironment", *words[2:]]


def told(scratch: str) -> dict[str, str]:
    """The variables that a command needs to go there."""
    return {"FLOWC_BESIDE": beside(scratch)}


def variables(given: Mapping[str, str], place: str, scratch: str) -> dict[str, str]:
    """The variables of a command there."""
    path = os.pathsep.join([given["PYTHONPATH"], beside(scratch)])
    return {**environments.variables(place, given), "PYTHONPATH": path}


def beside(scratch: str) -> str:
    """A folder with Metaflow and its extensions, and nothing else that is installed here."""
    folder = os.path.join(scratch, "beside")
    os.makedirs(folder, exist_ok=True)
    _link(_PACKAGE, folder)
    _link_all(_EXTENSIONS, os.path.join(folder, _EXTENSIONS))
    return folder


def _link(package: str, folder: str) -> None:
    for found in _folders(package)[:1]:
        os.symlink(found, os.path.join(folder, package))


def _link_all(package: str, folder: str) -> None:
    """Link what is in all folders of a namespace, where the first of one name counts."""
    for found in _folders(package):
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(found):
            with suppress(FileExistsError):
                os.symlink(os.path.join(found, name), os.path.join(folder, name))


def _folders(package: str) -> list[str]:
    spec = find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec else []
