"""What a container asks for, as the specification has it: texts with the units of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.ir.flow import Step
from flowc.targets import pods
from flowc.targets.kubeflow.parts import Part


def resources(step: Step) -> Part:
    """The resources of a container: what it asks for, and the most that it gets."""
    asked = pods.resources(step.compute, step.pod)
    requests, limits = asked["requests"], asked["limits"]
    found = {
        "resourceCpuRequest": requests["cpu"],
        "resourceMemoryRequest": requests["memory"],
        "resourceMemoryLimit": limits["memory"],
    }
    if "cpu" in limits:
        found["resourceCpuLimit"] = limits["cpu"]
    # There is place for one kind of device, which may be any resource that nodes have.
    for name, count in devices(step):
        return {**found, "accelerator": {"resourceType": name, "resourceCount": count}}
    return found


def devices(step: Step) -> Iterator[tuple[str, str]]:
    """What a step asks for of its own, besides the resources that each container has."""
    limits = pods.resources(step.compute, step.pod)["limits"]
    common = ("cpu", "memory", "ephemeral-storage")
    return ((name, count) for name, count in limits.items() if name not in common)
