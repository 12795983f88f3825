"""What is wrong with a flow before it becomes templates: `check` looks, `problems` words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Flow, Kind, Parameter, Step
from flowc.names import DNS_LABEL_LIMIT
from flowc.targets.argo import problems
from flowc.targets.argo.arguments import default_text
from flowc.targets.argo.depth import deepest
from flowc.targets.argo.volumes import DEFAULT_STORE, volume_mounts
from flowc.targets.pods import DEFAULT_IMAGE, mounted_twice, store_folder
from flowc.targets.target import CompileOptions

# A text that the manifest will hold, with a name of its place for the user.
Placed: TypeAlias = tuple[Span, str, str]

# Decorators of flows whose meaning the manifest does not hold.
_NOT_EMITTED = frozenset(
    {"trigger", "trigger_on_finish", "exit_hook"}
    | {"airflow_external_task_sensor", "airflow_s3_key_sensor"}
)
_PARAMETER_NAME = re.compile(r"[-a-zA-Z0-9_]+")
# Workflows have their template's name as a label.
_TEMPLATE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Argo makes of the flow, in no particular order."""
    yield from _images(flow, options)
    yield from _store(flow, options)
    yield from _names(flow, options)
    yield from _depth(flow)
    yield from _gangs(flow, options)
    yield from _schedule(flow)
    yield from _mounts(flow, options)
    yield from _without_effect(flow)
    yield from _decorators(flow)
    for span, place, text in _placed(flow, options):
        if "{{" in text:
            yield problems.argo_template_in_value(span, place)


def _images(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    without = [step.name for step in flow.steps.values() if not step.compute.image]
    if without and not options.image:
        yield problems.no_image_named(flow.span, without, DEFAULT_IMAGE)


def _store(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    folder = store_folder(options.store)
    if folder and not folder.startswith("/"):
        yield problems.relative_store(flow.span, options.store)


def _names(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    if options.name and not _is_template_name(options.name):
        yield problems.invalid_template_name(flow.span, options.name)
    for parameter in flow.parameters:
        if not _PARAMETER_NAME.fullmatch(parameter.name):
            yield problems.name_argo_cannot_have(parameter.span, parameter.name)


def _is_template_name(name: str) -> bool:
    return len(name) <= DNS_LABEL_LIMIT and _TEMPLATE_NAME.fullmatch(name) is not None


def _depth(flow: Flow) -> Iterator[Diagnostic]:
    depth, step = deepest(flow.body)
    if depth > problems.MAX_DEPTH:
        yield problems.nested_too_deep(flow.steps[step].span, step, depth)


def _gangs(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    if all(step.kind is not Kind.GANG for step in flow.steps.values()):
        return
    from flowc.targets.gangs import too_large  # noqa: PLC0415 (few flows have any)

    for step, size in too_large(flow, options.max_workers):
        yield problems.gang_beyond_max_workers(step.span, step.name, size, options.max_workers)


def _schedule(flow: Flow) -> Iterator[Diagnostic]:
    if flow.schedule:
        from flowc.targets.argo.cron_workflow import check_schedule  # noqa: PLC0415

        yield from check_schedule(flow.schedule, flow)


def _mounts(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    common = volume_mounts(options.store or DEFAULT_STORE)
    for step in flow.steps.values():
        for own in mounted_twice(step, common):
            yield problems.folder_mounted_twice(step.span, step.name, own.argument, own.path)


def _without_effect(flow: Flow) -> Iterator[Diagnostic]:
    if any(step.pod or step.batch for step in flow.steps.values()):
        from flowc.targets.argo.pod import without_effect  # noqa: PLC0415 (few flows need it)

        yield from without_effect(flow)


def _decorators(flow: Flow) -> Iterator[Diagnostic]:
    for decorator in flow.decorators:
        if decorator.core in _NOT_EMITTED:
            yield problems.decorator_without_effect(decorator.span, decorator.name)


def _placed(flow: Flow, options: CompileOptions) -> Iterator[Placed]:
    yield flow.span, "the name of the flow's file", flow.file
    yield flow.span, "the image", options.image
    yield flow.span, "the store", options.store
    for parameter in flow.parameters:
        yield from _of_parameter(parameter)
    for step in flow.steps.values():
        yield from _of_step(step)


def _of_parameter(parameter: Parameter) -> Iterator[Placed]:
    default = default_text(parameter) or ""
    yield parameter.span, f"the default of the parameter `{parameter.name}`", default
    yield parameter.span, f"the help of the parameter `{parameter.name}`", parameter.help


def _of_step(step: Step) -> Iterator[Placed]:
    yield step.span, f"the image of `{step.name}`", step.compute.image
    yield step.span, f"the GPU vendor of `{step.name}`", step.compute.gpu_vendor
    yield step.span, f"`tmpfs_path` of `{step.name}`", _tmpfs_path(step)
    yield from _of_pod(step)
    for name, value in step.environment.items():
        variable = f"the environment variable `{name}` of `{step.name}`"
        yield step.span, f"the name of {variable}", name
        yield step.span, variable, value


def _tmpfs_path(step: Step) -> str:
    return step.compute.tmpfs.path if step.compute.tmpfs else ""


def _of_pod(step: Step) -> Iterator[Placed]:
    if step.pod is None:
        return
    from flowc.targets.pod_fields import texts  # noqa: PLC0415 (few steps ask for it)

    for argument, text in texts(step.pod):
        yield step.span, f"`{argument}` of `{step.name}`", text
