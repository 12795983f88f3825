"""Emits a WorkflowTemplate and the ConfigMap of its plan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from flowc import __version__
from flowc.diagnostics import Diagnostic, failed, in_order
from flowc.ir.flow import Flow, Kind
from flowc.ir.plan import digest, render_plan
from flowc.names import Names, flow_label, project_label, shortened, step_label
from flowc.targets.argo import problems
from flowc.targets.argo.arguments import workflow_parameters
from flowc.targets.argo.check import check
from flowc.targets.argo.container import Leaves, emitted, template_defaults
from flowc.targets.argo.payload import Payload
from flowc.targets.argo.steps import StepsTemplates
from flowc.targets.argo.volumes import DEFAULT_STORE, PLAN_KEY, volumes
from flowc.targets.target import CompileOptions, Manifest, Target
from flowc.yaml_text import render


@dataclass(frozen=True, slots=True)
class ArgoWorkflows:
    """Argo Workflows: a ConfigMap with the plan, a WorkflowTemplate, and perhaps a CronWorkflow.

    The steps' images hold the flow's file in their working directory. A store of files lies on
    the volume of the claim `flowc-store`, which must exist in the namespace and be mountable by
    many pods; it is mounted at the store's path, `/flowc/store` if no store is named. Stores
    with a URL of another kind are reached without a volume.
    """

    name: str = "argo"
    formats: tuple[str, ...] = ("yaml",)

    def deployment_name(self, flow: Flow, name: str = "") -> str:
        """See `Target.deployment_name`: the name of the WorkflowTemplate."""
        return name or _label(flow)

    def emit(self, flow: Flow, options: CompileOptions) -> tuple[Manifest | None, list[Diagnostic]]:
        """See `Target.emit`."""
        found = list(check(flow, options))
        if failed(found):
            return None, in_order(found)
        plan = render_plan(flow)
        name = self.deployment_name(flow, options.name)
        documents = (
            _config_map(flow, plan, name),
            _workflow_template(flow, plan, name, options),
            *_scheduled(flow, plan, name),
        )
        found += _too_large(flow, documents)
        manifest = None if failed(found) else Manifest(documents, render(documents))
        return manifest, in_order(found)


TARGET: Target = ArgoWorkflows()


def _too_large(flow: Flow, documents: tuple[Payload, ...]) -> Iterator[Diagnostic]:
    for document in documents:
        size = len(json.dumps(document, separators=(",", ":")))
        if size > problems.MAX_BYTES:
            yield problems.manifest_too_large(flow.span, document["kind"], size)


def _config_map(flow: Flow, plan: str, template: str) -> Payload:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(flow, plan, name=_plan_name(plan, template)),
        "immutable": True,
        "data": {PLAN_KEY: plan},
    }


def _workflow_template(flow: Flow, plan: str, name: str, options: CompileOptions) -> Payload:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": _metadata(flow, plan, name=name),
        "spec": _spec(flow, _plan_name(plan, name), options),
    }


def _scheduled(flow: Flow, plan: str, template: str) -> Iterator[Payload]:
    if flow.schedule:
        from flowc.targets.argo.cron_workflow import NAME_LIMIT, cron_workflow  # noqa: PLC0415

        metadata = _metadata(flow, plan, name=shortened(template, NAME_LIMIT))
        yield cron_workflow(flow.schedule, metadata, template)


def _metadata(flow: Flow, plan: str, *, name: str) -> Payload:
    return {
        "name": name,
        **_namespace(flow),
        "labels": {"app.kubernetes.io/managed-by": "flowc"},
        "annotations": {
            "flowc.dev/flow": flow.name,
            "flowc.dev/version": __version__,
            "flowc.dev/digest": digest(plan),
            **_of_project(flow),
        },
    }


def _label(flow: Flow) -> str:
    if flow.project is None:
        return flow_label(flow.name)
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    project = flow.project
    return project_label(project.name, branch_name(project, project.user), flow.name)


def _of_project(flow: Flow) -> Payload:
    if flow.project is None:
        return {}
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    branch = branch_name(flow.project, flow.project.user)
    return {"flowc.dev/project": flow.project.name, "flowc.dev/branch": branch}


def _namespace(flow: Flow) -> Payload:
    if not any(step.pod for step in flow.steps.values()):
        return {}
    from flowc.targets.argo.pod import namespace  # noqa: PLC0415 (few flows ask for it)

    asked = namespace(flow)
    return {"namespace": asked} if asked else {}


def _pull_secrets(flow: Flow) -> Payload:
    if not any(step.pod for step in flow.steps.values()):
        return {}
    from flowc.targets.argo.pod import pull_secrets  # noqa: PLC0415 (few flows ask for it)

    secrets = pull_secrets(flow)
    return {"imagePullSecrets": secrets} if secrets else {}


def _plan_name(plan: str, template: str) -> str:
    return f"{template}-{digest(plan)}"


def _spec(flow: Flow, plan_name: str, options: CompileOptions) -> Payload:
    store = options.store or DEFAULT_STORE
    entrypoint, templates = _templates(flow, options)
    return {
        "entrypoint": entrypoint,
        **_arguments(flow),
        **_run_cap(flow, options.max_workers),
        **_pull_secrets(flow),
        "volumes": volumes(plan_name, store),
        "templateDefaults": template_defaults(store, options.image),
        "templates": templates,
    }


def _templates(flow: Flow, options: CompileOptions) -> tuple[str, list[Payload]]:
    names = Names()
    # Leaves choose first: in Argo's console each step has a name of its own.
    labels = {step: names.take(step_label(step)) for step in flow.steps}
    steps = StepsTemplates(labels, names, options.max_workers)
    entrypoint = steps.add_entrypoint(flow.body)
    leaves = Leaves(flow, options.image, emitted(flow.body), _gang_steps(flow))
    containers = [leaves.template(labels[step.name], step) for step in flow.steps.values()]
    return entrypoint, [*steps.templates, *containers]


def _has_gangs(flow: Flow) -> bool:
    return any(step.kind is Kind.GANG for step in flow.steps.values())


def _gang_steps(flow: Flow) -> frozenset[str]:
    if not _has_gangs(flow):
        return frozenset()
    from flowc.targets.gangs import members  # noqa: PLC0415 (few flows have any)

    return members(flow)


def _run_cap(flow: Flow, max_workers: int) -> Payload:
    if not _has_gangs(flow):
        return {"parallelism": max_workers}
    from flowc.targets.gangs import run_cap  # noqa: PLC0415 (few flows have any)

    cap = run_cap(flow, max_workers)
    return {"parallelism": cap} if cap else {}


def _arguments(flow: Flow) -> Payload:
    parameters = workflow_parameters(flow)
    return {"arguments": {"parameters": parameters}} if parameters else {}
