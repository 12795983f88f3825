"""Leaf templates: one container for each step of the flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flowc.ir.compute import Compute
from flowc.ir.flow import Flow, Policy, Step
from flowc.ir.region import Block, Emits, Loop, Task, walk
from flowc.targets.argo.arguments import always_given, given_if_set
from flowc.targets.argo.payload import PATH, Payload, named_values, parameter_names
from flowc.targets.argo.volumes import CONTROL_FOLDER, PLAN_PATH, volume_mounts
from flowc.targets.command import SHIM, Option, variables, words

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

    def template(self, name: str, step: Step) -> Payload:
        """The template of a step: its task at the path that the caller gives."""
        return {
            "name": name,
            "metadata": {"annotations": {"flowc.dev/source": self._place(step)}},
            "inputs": parameter_names("path"),
            **_outputs(self.outputs.get(step.name, ())),
            **_retry_strategy(step.policy),
            **_deadline(step.policy),
            "container": self._container(step),
        }

    def _place(self, step: Step) -> str:
        return f"{step.file or self.flow.file}:{step.span.line}"

    def _container(self, step: Step) -> Payload:
        environment = {name: _verbatim(value) for name, value in step.environment.items()}
        resources = _resources(step.compute)
        return {
            "image": step.compute.image or self.image or DEFAULT_IMAGE,
            "args": list(self._words(step)),
            **({"env": named_values(environment)} if environment else {}),
            **({"resources": resources} if resources != _resources(Compute()) else {}),
        }

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


def _resources(compute: Compute) -> Payload:
    # A limit on the CPU would only slow steps down where a node has some left.
    memory = {"memory": f"{compute.memory_mb}M"}
    gpus = {f"{compute.gpu_vendor}.com/gpu": str(compute.gpu)} if compute.gpu else {}
    limits = memory | gpus
    return {"requests": {"cpu": _cpu(compute.cpu), **limits}, "limits": limits}


def _cpu(cpu: float) -> str:
    thousandths = round(cpu * 1000)
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


def _deadline(policy: Policy) -> Payload:
    if policy.timeout is None:
        return {}
    return {"activeDeadlineSeconds": policy.timeout + _DEADLINE_GRACE_SECONDS}


def _verbatim(text: str) -> str:
    # Kubernetes expands `$(NAME)` in words and variables, and reads `$$` as one dollar sign:
    # https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    return re.sub(r"\$(?=[$(])", "$$", text)
