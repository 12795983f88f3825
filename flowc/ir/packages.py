"""The packages that all steps of a flow need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

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
