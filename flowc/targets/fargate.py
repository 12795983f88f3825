"""What Fargate has for a container: sizes of its own, and less than machines have.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowc.ir.batch_job import BatchJob
from flowc.ir.compute import Compute

# Linux on the processor that most images are made for.
PLATFORM = {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"}

# ECS has `awsfirelens` as well, which it only takes beside a container that routes logs.
# https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html and
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html
LOG_DRIVERS = ("awslogs", "splunk")


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """A share of a machine: vCPUs, and memory in MiB."""

    cpu: float
    memory: int

    def __str__(self) -> str:
        return f"{self.cpu:g} vCPU with {self.memory:,} MiB"


def _sizes() -> Iterator[Size]:
    yield from (Size(0.25, memory) for memory in (512, 1024, 2048))
    for cpu, least, most, by in (
        (0.5, 1, 4, 1),
        (1, 2, 8, 1),
        (2, 4, 16, 1),
        (4, 8, 30, 1),
        (8, 16, 60, 4),
        (16, 32, 120, 8),
    ):
        yield from (Size(cpu, gib * 1024) for gib in range(least, most + 1, by))


SIZES = tuple(_sizes())
LARGEST = SIZES[-1]


def size_of(compute: Compute) -> Size | None:
    """The smallest size that has what a step asks for; nothing if it asks for more than there is.

    The first by vCPUs, then by memory.
    """
    fitting = (
        size for size in SIZES if size.cpu >= compute.cpu and size.memory >= compute.memory_mb
    )
    return next(fitting, None)


def lacking(compute: Compute, batch: BatchJob) -> list[str]:
    """What a step asks for that no container on Fargate gets, in the words of its decorators."""
    asked = {
        "gpu": compute.gpu,
        "shared_memory": compute.shared_memory_mib,
        "use_tmpfs": compute.tmpfs,
        "max_swap": batch.max_swap is not None,
        "swappiness": batch.swappiness is not None,
        "inferentia": batch.neuron_devices,
        "efa": batch.efa,
        "host_volumes": batch.host_volumes,
        "privileged": batch.privileged,
    }
    return [name for name, value in asked.items() if value]


def storage(batch: BatchJob) -> dict[str, Any]:
    """The size of a container's own disk, as AWS Batch and ECS have it; empty: what all get."""
    if batch.ephemeral_storage is None:
        return {}
    return {"ephemeralStorage": {"sizeInGiB": batch.ephemeral_storage}}


def public_ip(*, assigned: bool) -> str:
    """Whether containers have an address on the internet, which images may have to come from."""
    return "ENABLED" if assigned else "DISABLED"
