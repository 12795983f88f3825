"""Leaf templates: one container for each step of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Policy, Step
from flowc.ir.region import Block, Emits, Loop, Task, walk
from flowc.targets.argo.arguments import RESUMED_RUN, STEPS_AGAIN, always_given, given_if_set
from flowc.targets.argo.payload import PATH, Payload, named_values, parameter_names
from flowc.targets.argo.volumes import CONTROL_FOLDER, PLAN_PATH, volume_mounts
from flowc.targets.command import SHIM, Option, variables, words
from flowc.targets.pods import (
    DEFAULT_IMAGE,
    address,
    environment,
    own_volumes,
    pod_annotations,
    resources,
    verbatim,
)

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
        Option.STORE: verbatim(store),
        Option.RUN: "{{workflow.name}}",
        Option.CONTROL: CONTROL_FOLDER,
        Option.ORIGIN: RESUMED_RUN,
        Option.FROM: STEPS_AGAIN,
    }
    container = {
        "image": image or DEFAULT_IMAGE,
        "command": list(SHIM),
        "env": named_values(variables(options)),
        "resources": resources(Compute()),
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
        return {**labels, "annotations": pod_annotations(step, self.flow.file)}

    def _container(self, step: Step) -> Payload:
        variables_of_step = {name: verbatim(value) for name, value in environment(step).items()}
        address_of_member = [address()] if step.name in self.gangs else []
        env = [*named_values(variables_of_step), *address_of_member]
        # Argo's own containers in the pod have what its controller is configured with as
        # `executor.resources`.
        asked = resources(step.compute, step.pod)
        mounts = [volume.mount for volume in own_volumes(step)]
        return {
            "image": step.compute.image or self.image or DEFAULT_IMAGE,
            "args": list(self._words(step)),
            **({"env": env} if env else {}),
            **({"resources": asked} if asked != resources(Compute()) else {}),
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
    from flowc.targets.pod_fields import pod_fields  # noqa: PLC0415 (few steps ask for it)

    return {**pod_fields(step.pod), **volumes_field}


def _own_container_fields(step: Step) -> Payload:
    if step.pod is None:
        return {}
    from flowc.targets.pod_fields import container_fields  # noqa: PLC0415 (few steps ask for it)

    return container_fields(step.pod)


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
