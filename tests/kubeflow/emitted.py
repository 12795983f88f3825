"""What the tests ask of the emitter: the documents of flows, and what is said against flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from argo.flows import end, flow, linear

from flowc.ir.flow import Flow
from flowc.ir.pod import Pod
from flowc.ir.region import Task
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

OPTIONS = CompileOptions(image="example/flows:1", store="s3://bucket/flows")


def emitted(flow: Flow, **options: Any) -> tuple[Any, ...]:
    """The documents of a flow: the pipeline, and that of the platform if there is one."""
    manifest, diagnostics = get_target("kubeflow").emit(flow, replace(OPTIONS, **options))
    assert manifest is not None, [found.message for found in diagnostics]
    return manifest.documents


def configs(flow: Flow, **options: Any) -> dict[str, Any]:
    """What executors ask of Kubernetes, by the names of their steps."""
    _, *platforms = emitted(flow, **options)
    found: dict[str, Any] = {}
    for platform in platforms:
        found |= platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return {label.removeprefix("exec-"): config for label, config in found.items()}


def container(flow: Flow, step: str = "start", **options: Any) -> dict[str, Any]:
    """The container of a step."""
    executors = emitted(flow, **options)[0]["deploymentSpec"]["executors"]
    found: dict[str, Any] = executors[f"exec-{step}"]["container"]
    return found


def said(flow: Flow, **options: Any) -> dict[str, str]:
    """The messages about a flow, by their codes."""
    _, diagnostics = get_target("kubeflow").emit(flow, replace(OPTIONS, **options))
    return {found.code: found.message for found in diagnostics}


def one_step(pod: Pod | None = None, **fields: Any) -> Flow:
    """A flow whose first step has what a test is about."""
    first = linear("start", "end", pod=pod, **fields)
    return flow("OneFlow", (Task("start"), Task("end")), first, end())
