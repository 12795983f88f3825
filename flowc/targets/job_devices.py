"""What a container of AWS Batch gets of its machine: memory, devices, folders.

https://docs.aws.amazon.com/batch/latest/APIReference/API_LinuxParameters.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute


def linux_parameters(compute: Compute, batch: BatchJob) -> dict[str, Any]:
    """Shared memory, swap, folders in memory, and devices; empty if nothing of it is asked for."""
    devices = list(_devices(batch))
    found = {
        "sharedMemorySize": compute.shared_memory_mib,
        "maxSwap": batch.max_swap,
        "swappiness": batch.swappiness,
        "tmpfs": _tmpfs(compute),
        "devices": devices or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def volumes(batch: BatchJob) -> dict[str, Any]:
    """The volumes and where they are mounted; empty if there are none."""
    pairs = [*_host_volumes(batch), *_efs_volumes(batch)]
    if not pairs:
        return {}
    mounts = [{"sourceVolume": volume["name"], "containerPath": folder} for volume, folder in pairs]
    return {"volumes": [volume for volume, _ in pairs], "mountPoints": mounts}


def _tmpfs(compute: Compute) -> list[dict[str, Any]] | None:
    if compute.tmpfs is None:
        return None
    folder, size = compute.tmpfs.path, compute.tmpfs.size_mib
    return [{"containerPath": folder, "size": size, "mountOptions": ["defaults"]}]


def _devices(batch: BatchJob) -> Iterator[dict[str, Any]]:
    for number in range(batch.neuron_devices):
        path = f"/dev/neuron{number}"
        yield {"hostPath": path, "containerPath": path, "permissions": ["READ", "WRITE"]}
    for number in range(batch.efa):
        yield {"hostPath": f"/dev/infiniband/uverbs{number}"}


def _host_volumes(batch: BatchJob) -> Iterator[tuple[dict[str, Any], str]]:
    for volume in batch.host_volumes:
        source, separator, folder = volume.partition(":")
        name = source.replace("/", "_").replace(".", "_")
        yield {"name": name, "host": {"sourcePath": source}}, folder if separator else source


def _efs_volumes(batch: BatchJob) -> Iterator[tuple[dict[str, Any], str]]:
    for volume in batch.efs_volumes:
        source, separator, folder = volume.partition(":")
        system = {"fileSystemId": source, "transitEncryption": "ENABLED"}
        where = folder if separator else f"/mnt/{source}"
        yield {"name": f"efs_{source}", "efsVolumeConfiguration": system}, where
