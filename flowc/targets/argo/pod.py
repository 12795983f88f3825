"""What steps ask for of their pods, as a workflow has it; loaded only for such flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow, Step
from flowc.targets.argo import problems
from flowc.targets.argo.payload import Payload
from flowc.targets.pod_fields import UP_TO_ENGINE, asked, place_of


def pull_secrets(flow: Flow) -> list[Payload]:
    """The secrets that images are pulled with: Argo has them for a workflow as a whole."""
    pods = (step.pod for step in flow.steps.values() if step.pod)
    names = dict.fromkeys(secret for pod in pods for secret in pod.image_pull_secrets)
    return [{"name": name} for name in names]


def namespace(flow: Flow) -> str:
    """The namespace that all steps ask for; a workflow and its pods share one."""
    wanted = {step.pod.namespace if step.pod else "" for step in flow.steps.values()}
    return wanted.pop() if len(wanted) == 1 else ""


def without_effect(flow: Flow) -> Iterator[Diagnostic]:
    """What steps ask for that Argo cannot give."""
    common = namespace(flow)
    for step in flow.steps.values():
        for decorator, arguments in _ineffective(step, common):
            for argument in arguments:
                span = place_of(step, decorator, argument)
                yield problems.argument_without_effect(span, decorator, argument)


def _ineffective(step: Step, namespace: str) -> Iterator[tuple[str, Iterable[str]]]:
    if step.pod:
        strange = ("namespace",) if step.pod.namespace != namespace else ()
        yield "kubernetes", asked(step.pod, (*strange, *UP_TO_ENGINE))
    if step.batch:
        yield "batch", asked(step.batch, [field.name for field in fields(step.batch)])
