"""What the container of a step gets, in words that all engines understand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """A folder in memory; `size_mib` counts 2^20 bytes, `tempdir` puts temporary files there."""

    path: str
    size_mib: int
    tempdir: bool = True


@dataclass(frozen=True, slots=True)
class Compute:
    """What a step's container gets; without an image, the default one.

    A field with `_mb` counts 10^6 bytes, one with `_mib` 2^20, as Metaflow does. What is None was
    not asked for.
    """

    cpu: float = 1
    memory_mb: int = 4096
    gpu: int = 0
    gpu_vendor: str = "nvidia"
    image: str = ""
    disk_mb: int | None = None
    shared_memory_mib: int | None = None
    tmpfs: Tmpfs | None = None
