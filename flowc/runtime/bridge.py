"""A stand-in for the package `metaflow`: flows that import it get flowc's names."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import flowc
from flowc.runtime import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_EXCEPTIONS = {
    "MetaflowException": errors.FlowError,
    "MetaflowExceptionWrapper": errors.CaughtError,
    "MetaflowNotFound": errors.NotFoundError,
    "MetaflowNamespaceMismatch": errors.NamespaceMismatchError,
    "MetaflowTaggingError": errors.TaggingError,
    "MetaflowInvalidPathspec": errors.InvalidPathspecError,
    "UnhandledInMergeArtifactsException": errors.MergeConflictError,
    "MissingInMergeArtifactsException": errors.MergeMissingError,
}


class _Package(ModuleType):
    """Looks like a package without submodules, and gets its names from flowc when asked."""

    __path__: list[str] = []  # noqa: RUF012 (the import system reads it from the module)
    __all__ = flowc.__all__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in flowc.__all__:
            _refuse(f"metaflow.{name}")
        return getattr(flowc, name)


class _Refuse:
    """Finds no submodule of `metaflow`, and says so, even where Metaflow is installed."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name.startswith("metaflow."):
            _refuse(name)


def install() -> None:
    """Let `import metaflow` mean flowc for the rest of this process."""
    # A task that Metaflow runs may have started a run of its own.
    os.environ.pop("FLOWC_API", None)
    package = _Package("metaflow")
    exceptions = ModuleType("metaflow.exception")
    vars(exceptions).update(_EXCEPTIONS)
    vars(package)["exception"] = exceptions
    sys.modules["metaflow"] = package
    sys.modules["metaflow.exception"] = exceptions
    sys.meta_path.insert(0, _Refuse)


def _refuse(name: str) -> NoReturn:
    advice = "run the flow with `--runtime metaflow`"
    raise ImportError(f"flowc's native runtime has no `{name}`; {advice}", name=name)
