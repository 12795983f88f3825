"""What the tests ask of the emitter: manifests of flows, as text and as documents."""

from __future__ import annotations

from typing import Any, TypeAlias

from flowc.diagnostics import Diagnostic
from flowc.ir.flow import Flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions, Manifest

Payload: TypeAlias = dict[str, Any]

WITH_IMAGE = CompileOptions(image="example/flows:1")


def compiled(flow: Flow, options: CompileOptions = WITH_IMAGE) -> Manifest:
    """The manifest of a flow that Argo has nothing to say against."""
    manifest, diagnostics = get_target("argo").emit(flow, options)
    assert manifest is not None, [found.message for found in diagnostics]
    return manifest


def diagnosed(flow: Flow, options: CompileOptions = WITH_IMAGE) -> list[Diagnostic]:
    """What Argo has to say against a flow."""
    return get_target("argo").emit(flow, options)[1]


def spec_of(flow: Flow, options: CompileOptions = WITH_IMAGE) -> Payload:
    """The spec of the flow's WorkflowTemplate."""
    spec: Payload = compiled(flow, options).documents[-1]["spec"]
    return spec


def template_of(flow: Flow, name: str, options: CompileOptions = WITH_IMAGE) -> Payload:
    """One of its templates."""
    (found,) = (entry for entry in spec_of(flow, options)["templates"] if entry["name"] == name)
    template: Payload = found
    return template


def called(flow: Flow, name: str) -> list[list[str]]:
    """The templates that a `steps` template calls, group by group."""
    return [[step["template"] for step in group] for group in template_of(flow, name)["steps"]]
