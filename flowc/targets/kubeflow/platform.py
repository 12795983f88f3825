"""What Kubernetes is asked for, by executor: the second document beside a pipeline.

Its names and fields are those of the message `KubernetesExecutorConfig`:
https://github.com/kubeflow/pipelines/blob/master/kubernetes_platform/proto/kubernetes_executor_config.proto
"""

from __future__ import annotations

from flowc.ir.flow import Flow, Kind, Step
from flowc.targets.kubeflow.parts import Part, constant
from flowc.targets.pods import STORE_CLAIM, OwnVolume, own_volumes, store_folder

# The shim itself ends a step that takes too long, so that retries and `@catch` see a failure like
# any other. The pod's own deadline is for what the shim cannot end, and leaves it that much time.
_DEADLINE_GRACE_SECONDS = 60


def platform(executors: dict[str, Part]) -> Part:
    """The document for executors, by their labels."""
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def gang_steps(flow: Flow) -> frozenset[str]:
    """The steps whose tasks must know the addresses of their pods."""
    if all(step.kind is not Kind.GANG for step in flow.steps.values()):
        return frozenset()
    from flowc.targets.gangs import members  # noqa: PLC0415 (few flows have any)

    return members(flow)


def executor_config(step: Step, store: str, *, is_member: bool) -> Part:
    """What the pod of a step asks for besides its container; empty where that is nothing."""
    fields = {
        **_volumes(step, store),
        **_deadline(step, is_member=is_member),
        **(_address() if is_member else {}),
        **_of_pod(step),
    }
    return {name: value for name, value in fields.items() if value}


def _volumes(step: Step, store: str) -> Part:
    folder = store_folder(store)
    common = [_claim(STORE_CLAIM, folder)] if folder else []
    own = own_volumes(step)
    claims = [
        _claim(volume.volume["persistentVolumeClaim"]["claimName"], volume.path)
        for volume in own
        if "persistentVolumeClaim" in volume.volume
    ]
    return {
        "pvcMount": [*common, *claims],
        "emptyDirMounts": [_in_memory(volume) for volume in own if "emptyDir" in volume.volume],
    }


def _in_memory(own: OwnVolume) -> Part:
    # The message has a field for shared memory, too, which no backend reads.
    name, fields = own.volume["name"], own.volume["emptyDir"]
    return {"volumeName": name, "mountPath": own.path, **fields}


def _claim(name: str, path: str) -> Part:
    # Backends before 2.5 only read the field that has been replaced.
    return {"constant": name, "pvcNameParameter": constant(name), "mountPath": path}


def _deadline(step: Step, *, is_member: bool) -> Part:
    if step.policy.timeout is None:
        return {}
    seconds = step.policy.timeout + _DEADLINE_GRACE_SECONDS
    if is_member:
        from flowc.targets.gangs import waiting_time  # noqa: PLC0415 (few flows have any)

        seconds += waiting_time(step)
    return {"activeDeadlineSeconds": seconds}


def _address() -> Part:
    return {"fieldPathAsEnv": [{"name": "POD_IP", "fieldPath": "status.podIP"}]}


def _of_pod(step: Step) -> Part:
    if step.pod is None:
        return {}
    from flowc.targets.kubeflow.pod import pod_config  # noqa: PLC0415 (few steps ask for it)

    return pod_config(step.pod)
