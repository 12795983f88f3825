"""What is wrong with a flow before it becomes a pipeline: `check` looks, `problems` words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from flowc.diagnostics import Diagnostic, Span
from flowc.ir.flow import Flow, Parameter, Step
from flowc.ir.region import Loop, Task, walk
from flowc.targets.kubeflow import problems
from flowc.targets.kubeflow.naming import VALID_NAME, VALID_PARAMETER, refused_tags
from flowc.targets.kubeflow.parameters import default_text, has_number_of_json
from flowc.targets.pods import (
    DEFAULT_IMAGE,
    OwnVolume,
    mounted_twice,
    own_volumes,
    store_folder,
    store_mounts,
    verbatim,
)
from flowc.targets.target import CompileOptions

# A text that the pipeline will hold, with a name of its place for the user.
Placed: TypeAlias = tuple[Span, str, str]

# Decorators of flows whose meaning no pipeline holds.
_NOT_EMITTED = frozenset(
    {"schedule", "trigger", "trigger_on_finish"}
    | {"airflow_external_task_sensor", "airflow_s3_key_sensor"}
)

# Where the pods of pipelines have folders of their own:
# https://github.com/kubeflow/pipelines/blob/master/backend/src/v2/compiler/argocompiler/common.go
_CERTIFICATES = "/kfp/certs"
_OWN_FOLDERS = (
    *("/kfp-launcher", "/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config"),
    _CERTIFICATES,
)


def check(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """What Kubeflow Pipelines makes of the flow, in no particular order."""
    yield from _images(flow, options)
    yield from _store(flow, options)
    yield from _names(flow, options)
    yield from _tags(flow, options)
    yield from _defaults(flow)
    yield from _loops(flow, options)
    yield from _volumes(flow, options)
    yield from _without_effect(flow)
    yield from _decorators(flow)
    for span, place, text in _placed(flow, options):
        if "{{" in text:
            yield problems.placeholder_in_value(span, place)


def check_size(flow: Flow, text: str) -> Iterator[Diagnostic]:
    """What the API server and Kubernetes make of the text of a pipeline."""
    size = len(text.encode())
    if size > problems.MAX_FILE_BYTES:
        yield problems.file_too_large(flow.span, size)
    elif size > problems.MAX_OBJECT_BYTES:
        yield problems.workflow_too_large(flow.span, size)


def _images(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    without = [step.name for step in flow.steps.values() if not step.compute.image]
    if without and not (options.image or options.package):
        yield problems.no_image_for_pipeline(flow.span, without, DEFAULT_IMAGE)


def _store(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    folder = store_folder(options.store)
    if not options.store:
        yield problems.no_common_store(flow.span)
    elif folder and not folder.startswith("/"):
        yield problems.relative_store_of_pipeline(flow.span, options.store)


def _names(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    if options.name and not VALID_NAME.fullmatch(options.name):
        hint = "choose a name of at most 128 small letters, digits and `-`"
        yield problems.refused_name(flow.span, f"be called `{options.name}`", hint)
    for parameter in flow.parameters:
        if not VALID_PARAMETER.fullmatch(parameter.name):
            hint = "use only letters, digits, `-`, `_` and `.`"
            yield problems.refused_name(
                parameter.span, f"have a parameter named `{parameter.name}`", hint
            )


def _tags(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    if options.format != "k8s":
        if options.tags:
            yield problems.tags_are_lost(flow.span)
        return
    for tag in refused_tags(options.tags):
        hint = "write 17 tags at most, each of 63 characters at most, with no dot in its key"
        yield problems.refused_name(flow.span, f"have the tag `{tag}`", hint)


def _defaults(flow: Flow) -> Iterator[Diagnostic]:
    for parameter in flow.parameters:
        if not has_number_of_json(parameter):
            yield problems.number_no_pipeline_holds(parameter.span, parameter.name)
        text = default_text(parameter)
        if text != verbatim(text):
            yield problems.expanded_default(parameter.span, parameter.name)


def _loops(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    for region in walk(flow.body):
        match region:
            case Loop(_, _, (Task(),)):
                # It goes on in one pod.
                pass
            case Loop(at):
                yield problems.rounds_are_limited(flow.steps[at].span, at, options.max_iterations)
            case _:
                pass


def _volumes(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    own = [{"mountPath": folder} for folder in _OWN_FOLDERS]
    common = [*store_mounts(options.store), *own]
    for step in flow.steps.values():
        for volume in (*mounted_twice(step, common), *_among_certificates(step)):
            yield problems.folder_of_pipeline_mounted_twice(
                step.span, step.name, volume.argument, volume.path
            )
        if step.pod:
            from flowc.targets.kubeflow.pod import named_twice  # noqa: PLC0415 (few steps need it)

            for argument, name in named_twice(step, options.store):
                yield problems.volume_named_twice(step.span, step.name, argument, name)


def _among_certificates(step: Step) -> Iterator[OwnVolume]:
    # Their folder is read-only: no container can have another one made in it.
    for own in own_volumes(step):
        if own.path.rstrip("/").startswith(f"{_CERTIFICATES}/"):
            yield own


def _without_effect(flow: Flow) -> Iterator[Diagnostic]:
    for step in flow.steps.values():
        if step.pod or step.batch or step.compute.disk_mb:
            from flowc.targets.kubeflow.pod import without_effect  # noqa: PLC0415 (few steps do)

            yield from without_effect(step)


def _decorators(flow: Flow) -> Iterator[Diagnostic]:
    for decorator in flow.decorators:
        if decorator.core in _NOT_EMITTED:
            yield problems.decorator_no_pipeline_has(decorator.span, decorator.name)


def _placed(flow: Flow, options: CompileOptions) -> Iterator[Placed]:
    yield flow.span, "the name of the flow's file", flow.file
    yield flow.span, "the image", options.image
    yield flow.span, "the store", options.store
    for parameter in flow.parameters:
        yield from _of_parameter(parameter)
    for hook in flow.exit_hooks:
        yield hook.span, "the image of a hook", hook.image
    for step in flow.steps.values():
        yield from _of_step(step)


def _of_parameter(parameter: Parameter) -> Iterator[Placed]:
    called = f"the parameter `{parameter.name}`"
    yield parameter.span, f"the name of {called}", parameter.name
    yield parameter.span, f"the default of {called}", default_text(parameter)
    yield parameter.span, f"the help of {called}", parameter.help


def _of_step(step: Step) -> Iterator[Placed]:
    yield step.span, f"the image of `{step.name}`", step.compute.image
    yield step.span, f"the GPU vendor of `{step.name}`", step.compute.gpu_vendor
    tmpfs = step.compute.tmpfs
    yield step.span, f"`tmpfs_path` of `{step.name}`", tmpfs.path if tmpfs else ""
    for name, value in step.environment.items():
        variable = f"the environment variable `{name}` of `{step.name}`"
        yield step.span, f"the name of {variable}", name
        yield step.span, variable, value
    if step.pod:
        from flowc.targets.pod_fields import texts  # noqa: PLC0415 (few steps ask for it)

        for argument, text in texts(step.pod):
            yield step.span, f"`{argument}` of `{step.name}`", text
