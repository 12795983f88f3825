"""The packages that all steps of a flow need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowc.diagnostics import Span


class Installer(StrEnum):
    """Where packages come from."""

    CONDA = "conda"
    PYPI = "pypi"


@dataclass(frozen=True, slots=True)
class Packages:
    """`@conda_base` or `@pypi_base`: versions by package; no Python: that which compiles."""

    installer: Installer
    packages: Mapping[str, str]
    span: Span
    python: str = ""
    disabled: bool = False
