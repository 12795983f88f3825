"""Leaf templates: one container for each step of the flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Policy, Step
from flowc.ir.region import Block, Emits, Loop, Task, walk
from flowc.targets.argo.arguments import RESUMED_RUN, STEPS_AGAIN, always_given, given_if_set
from flowc.targets.argo.payload import PATH, Payload, named_values, parameter_names
from flowc.targets.argo.volumes import CONTROL_FOLDER, PLAN_PATH, own_volumes, volume_mounts
from flowc.targets.command import SHIM, Option, variables, words

if TYPE_CHECKING:
    # What only Kubernetes has is loaded only for a flow that asks for it.
    from flowc.ir.pod import Pod

# What pods run if neither the step nor the command line names an image.
DEFAULT_IMAGE = "python:3.12-slim"

# The shim itself ends a step that takes too long, so that retries and `@catch` see a failure like
# any other. The pod's own deadline is for what the shim cannot end, and leaves it that much time.
_DEADLINE_GRACE_SECONDS = 60

# With 64 the shim says that another attempt would only fail again.
_WORTH_A_RETRY = "lastRetry.exitCode != '64'"


def template_defaults(store: str, image: str) -> Payload:
    """What all leaves have in common, as `templateDefaults`.

    Argo merges it into each leaf, lists of variables and mounts by name:
    https://argo-workflows.readthedocs.io/en/latest/template-defaults/
    """
    options = {
        Option.PLAN: PLAN_PATH,
        Option.STORE: _verbatim(store),
        Option.RUN: "{{workflow.name}}",
        Option.CONTROL: CONTROL_FOLDER,
        Option.ORIGIN: RESUMED_RUN,
        Option.FROM: STEPS_AGAIN,
    }
    container = {
        "image": image or DEFAULT_IMAGE,
        "command": list(SHIM),
        "env": named_values(variables(options)),
        "resources": _resources(Compute()),
        "volumeMounts": volume_mounts(store),
    }
    return {"container": container}


@dataclass(frozen=True, slots=True)
class Leaves:
    """Makes the leaf templates of a flow; `image` is for the steps that name none."""

    flow: Flow
    image: str
    outputs: Mapping[str, tuple[str, ...]]
    gangs: frozenset[str] = frozenset()

    def template(self, name: str, step: Step) -> Payload:
        """The template of a step: its task at the path that the caller gives."""
        return {
            "name": name,
            "metadata": self._metadata(step),
            "inputs": parameter_names("path"),
            **_outputs(self.outputs.get(step.name, ())),
            **_retry_strategy(step.policy),
            **self._deadline(step),
            **_own_fields(step),
            "container": self._container(step),
        }

    def _metadata(self, step: Step) -> Payload:
        labels = {"labels": dict(step.pod.labels)} if step.pod and step.pod.labels else {}
        own = step.pod.annotations if step.pod else {}
        return {**labels, "annotations": {**own, "flowc.dev/source": self._place(step)}}

    def _place(self, step: Step) -> str:
        return f"{step.file or self.flow.file}:{step.span.line}"

    def _container(self, step: Step) -> Payload:
        environment = {name: _verbatim(value) for name, value in _environment(step).items()}
        env = [*named_values(environment), *self._address(step)]
        resources = _resources(step.compute, step.pod)
        mounts = [volume.mount for volume in own_volumes(step)]
        return {
            "image": step.compute.image or self.image or DEFAULT_IMAGE,
            "args": list(self._words(step)),
            **({"env": env} if env else {}),
            **({"resources": resources} if resources != _resources(Compute()) else {}),
            **({"volumeMounts": mounts} if mounts else {}),
            **_own_container_fields(step),
        }

    def _deadline(self, step: Step) -> Payload:
        if step.policy.timeout is None:
            return {}
        seconds = step.policy.timeout + _DEADLINE_GRACE_SECONDS
        if step.name in self.gangs:
            from flowc.targets.gangs import waiting_time  # noqa: PLC0415 (few flows have any)

            seconds += waiting_time(step)
        return {"activeDeadlineSeconds": seconds}

    def _address(self, step: Step) -> list[Payload]:
        if step.name not in self.gangs:
            return []
        return [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]

    def _words(self, step: Step) -> tuple[str, ...]:
        # Argo knows `retries` only in templates that have a retryStrategy.
        attempt = "{{retries}}" if step.policy.attempts > 1 else "0"
        options = {Option.PATH: PATH, Option.ATTEMPT: attempt}
        if step.name == self.flow.start:
            return words(step.name, options, always_given(self.flow), given_if_set(self.flow))
        return words(step.name, options, {}, {})


def emitted(body: Block) -> dict[str, tuple[str, ...]]:
    """The control files that Argo reads after a step, for each step that writes any."""
    regions = tuple(walk(body))
    latches = {region.at for region in regions if isinstance(region, Loop)}
    files: dict[str, tuple[str, ...]] = {}
    for region in regions:
        if isinstance(region, Task) and region.emits is not Emits.NOTHING:
            path = ("path",) if region.step in latches else ()
            files[region.step] = (region.emits.value, *path)
    return files


def _outputs(names: tuple[str, ...]) -> Payload:
    parameters = [
        {"name": name, "valueFrom": {"path": f"{CONTROL_FOLDER}/{name}"}} for name in names
    ]
    return {"outputs": {"parameters": parameters}} if parameters else {}


def _own_fields(step: Step) -> Payload:
    volumes = [own.volume for own in own_volumes(step)]
    volumes_field = {"volumes": volumes} if volumes else {}
    if step.pod is None:
        return volumes_field
    from flowc.targets.argo.pod import template_fields  # noqa: PLC0415 (few steps ask for it)

    return {**template_fields(step.pod), **volumes_field}


def _own_container_fields(step: Step) -> Payload:
    if step.pod is None:
        return {}
    from flowc.targets.argo.pod import container_fields  # noqa: PLC0415 (few steps ask for it)

    return container_fields(step.pod)


def _environment(step: Step) -> Mapping[str, str]:
    tmpfs = step.compute.tmpfs
    # Metaflow's own clients keep their temporary files in this folder.
    own = {"METAFLOW_TEMPDIR": tmpfs.path} if tmpfs and tmpfs.tempdir else {}
    return {**own, **step.environment}


def _resources(compute: Compute, pod: Pod | None = None) -> Payload:
    limits = {
        "memory": f"{compute.memory_mb}M",
        **({"ephemeral-storage": f"{compute.disk_mb}M"} if compute.disk_mb else {}),
        **({f"{compute.gpu_vendor}.com/gpu": str(compute.gpu)} if compute.gpu else {}),
        **(pod.extended_resources if pod else {}),
    }
    cpu = {"cpu": _cpu(compute.cpu)}
    # A limit on the CPU would only slow steps down where a node has some left, so that only those
    # have one that ask for all to be guaranteed. Argo's own containers in the pod have what its
    # controller is configured with as `executor.resources`.
    return {
        "requests": cpu | limits,
        "limits": cpu | limits if pod and pod.is_guaranteed else limits,
    }


def _cpu(cpu: float) -> str:
    # Kubernetes has no less than a thousandth.
    thousandths = max(round(cpu * 1000), 1)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def _retry_strategy(policy: Policy) -> Payload:
    if policy.attempts == 1:
        return {}
    delay = {"backoff": {"duration": _duration(policy.retry_delay), "factor": 1}}
    strategy = {
        "limit": policy.attempts - 1,
        # Argo's default, OnFailure, gives up where a pod is evicted or its node lost.
        "retryPolicy": "Always",
        "expression": _WORTH_A_RETRY,
        **(delay if policy.retry_delay else {}),
    }
    return {"retryStrategy": strategy}


def _duration(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _verbatim(text: str) -> str:
    # Kubernetes expands `$(NAME)` in words and variables, and reads `$$` as one dollar sign:
    # https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    return re.sub(r"\$(?=[$(])", "$$", text)
