"""The packages that a flow or a step needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flowc.diagnostics import Span
from flowc.ir.flow import Unknown


class Installer(StrEnum):
    """Where packages come from."""

    CONDA = "conda"
    PYPI = "pypi"


@dataclass(frozen=True, slots=True)
class Packages:
    """`@conda_base` or `@pypi_base`: versions by package; no Python: that which compiles.

    What only running would tell is an error only for who makes an environment of it.
    """

    installer: Installer
    packages: Mapping[str, str] | Unknown
    span: Span
    python: str | Unknown = ""
    disabled: bool | Unknown = False


@dataclass(frozen=True, slots=True)
class StepPackages:
    """What `@pypi` asks for: versions by package; no Python: that which starts the task.

    Where `disabled` is None, the flow's decorator says whether there is such an environment.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    python: str = ""
    disabled: bool | None = None

    def above(self, base: StepPackages) -> StepPackages:
        """The same, with what the flow's decorator asks for and the step's does not say."""
        return StepPackages(
            {**base.packages, **self.packages},
            self.python or base.python,
            base.disabled if self.disabled is None else self.disabled,
        )

    def entries(self) -> dict[str, Any]:
        """What the plan says of them; nothing where the step runs in no other environment."""
        if self.disabled:
            return {}
        found = {"pypi": dict(self.packages), "python": self.python}
        return {key: entry for key, entry in found.items() if entry}


# What only running would tell cannot be installed before.
NO_ENVIRONMENT = StepPackages(disabled=True)
