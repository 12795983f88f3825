"""What several decorators together ask for the container of a step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from flowc.ir.compute import Compute, Tmpfs
from flowc.passes.arguments.asked import Asked

_TMPFS_PATH = "/metaflow_temp"


def merge_compute(asked: Sequence[Asked]) -> Compute:
    """The container that `@resources`, `@kubernetes` and `@batch` ask for together.

    Of each size it is the largest that any of them names, be it smaller than the default: a
    default stands only where none of them names the size. The image and all else that cannot be
    compared is what `@kubernetes` says, or else `@batch`.
    """
    default = Compute()
    memory_mb = _up(_largest(asked, "memory", default.memory_mb))
    return Compute(
        cpu=_largest(asked, "cpu", default.cpu),
        memory_mb=memory_mb,
        gpu=_largest(asked, "gpu", default.gpu),
        gpu_vendor=_first(asked, "gpu_vendor", default.gpu_vendor),
        image=_first(asked, "image", default.image),
        disk_mb=_up(_largest(asked, "disk", None)),
        shared_memory_mib=_largest(asked, "shared_memory", None),
        tmpfs=_tmpfs(asked, memory_mb),
    )


def _tmpfs(asked: Sequence[Asked], memory_mb: int) -> Tmpfs | None:
    for each in _by_engine(asked):
        given = each.values
        if given.get("use_tmpfs") or given.get("tmpfs_size"):
            # As a file system in memory has it on any Linux: half of what there is.
            size = given.get("tmpfs_size") or max(memory_mb // 2, 1)
            path = given.get("tmpfs_path", _TMPFS_PATH)
            return Tmpfs(path, size, given.get("tmpfs_tempdir", True))
    return None


def _largest(asked: Sequence[Asked], argument: str, default: Any) -> Any:
    given = (each.values.get(argument) for each in asked if each.name in _SIZING)
    return max((size for size in given if size is not None), default=default)


def _first(asked: Sequence[Asked], argument: str, default: str) -> str:
    given = (each.values.get(argument) for each in _by_engine(asked))
    return next((str(value) for value in given if value), default)


_ENGINES = ("kubernetes", "batch")
_SIZING = ("resources", *_ENGINES)


def _by_engine(asked: Sequence[Asked]) -> Iterator[Asked]:
    return (each for engine in _ENGINES for each in asked if each.name == engine)


def _up(size: Any) -> Any:
    # A quantity is whole: a little more serves as well, a little less might not.
    return None if size is None else math.ceil(size)
