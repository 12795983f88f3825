"""What a container asks for, as the specification has it: numbers, and texts with units."""

from __future__ import annotations

from flowc.ir.compute import Compute
from flowc.targets.kubeflow.parts import Part


def resources(compute: Compute) -> Part:
    """The resources of a container: what it asks for, and the most memory that it gets.

    Accelerators count as both. A limit on the CPU would only slow steps down.
    """
    memory = f"{compute.memory_mb}M"
    gpu = {"resourceType": f"{compute.gpu_vendor}.com/gpu", "resourceCount": str(compute.gpu)}
    return {
        "resourceCpuRequest": _cpu(compute.cpu),
        "resourceMemoryRequest": memory,
        "resourceMemoryLimit": memory,
        **({"accelerator": gpu} if compute.gpu else {}),
    }


def _cpu(cpu: float) -> str:
    # Kubernetes has no less than a thousandth.
    thousandths = max(round(cpu * 1000), 1)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)
