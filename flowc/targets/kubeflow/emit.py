"""Emits the PipelineSpec of a flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow
from flowc.targets.kubeflow.check import check, check_size
from flowc.targets.kubeflow.components import ROOT, Components
from flowc.targets.kubeflow.leaves import Leaves
from flowc.targets.kubeflow.naming import pipeline_name, tags
from flowc.targets.kubeflow.parameters import parameter_inputs
from flowc.targets.kubeflow.parts import Part, definitions
from flowc.targets.kubeflow.platform import platform
from flowc.targets.target import CompileOptions, Manifest, Target
from flowc.yaml_text import render


@dataclass(frozen=True, slots=True)
class Kubeflow:
    """Kubeflow Pipelines, version 2: a PipelineSpec as YAML, alone or in objects of Kubernetes.

    Without a package, the steps' images hold the flow's file in their working directory, and its
    plan where their variable `FLOWC_PLAN` says, as those of `flowc package build --image` do.
    """

    name: str = "kubeflow"
    formats: tuple[str, ...] = ("yaml", "k8s")

    def deployment_name(self, flow: Flow, name: str = "") -> str:
        """See `Target.deployment_name`: the name of the pipeline."""
        return pipeline_name(flow, name)

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """See `Target.emit`."""
        found = list(check(flow, options))
        if failed(found):
            return None, in_order(found)
        documents = _documents(flow, options, self.deployment_name(flow, options.name))
        if options.format == "k8s":
            documents = _as_objects(documents, tags(flow, options))
        text = render(documents)
        found += check_size(flow, text)
        return None if failed(found) else Manifest(documents, text), in_order(found)


TARGET: Target = Kubeflow()


def _as_objects(documents: tuple[Part, ...], tags: Mapping[str, str]) -> tuple[Part, ...]:
    from flowc.targets.kubeflow.kubernetes_objects import kubernetes_objects  # noqa: PLC0415

    return kubernetes_objects(documents, tags)


def _with_hooks(root: Part, flow: Flow, leaves: Leaves) -> tuple[Part, dict[str, Part]]:
    if not flow.exit_hooks:
        return root, {}
    from flowc.targets.kubeflow.exit_hooks import with_hooks  # noqa: PLC0415 (few flows have any)

    return with_hooks(root, flow, leaves, ROOT)


def _documents(flow: Flow, options: CompileOptions, name: str) -> tuple[Part, ...]:
    """The pipeline, and what it asks of Kubernetes where it does."""
    leaves = Leaves(flow, options)
    components = Components(leaves, options.max_workers, options.max_iterations)
    root, around = _with_hooks(components.root(flow.body), flow, leaves)
    inputs = parameter_inputs(flow)
    pipeline = {
        "pipelineInfo": {"name": name, "description": f"{flow.name} from {flow.file}"},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"flowc-{__version__}",
        "root": {**({"inputDefinitions": definitions(inputs)} if inputs else {}), **root},
        "components": {**around, **components.components},
        "deploymentSpec": {"executors": leaves.executors},
    }
    return (pipeline, platform(leaves.platform)) if leaves.platform else (pipeline,)
