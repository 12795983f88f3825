"""What steps ask for that what runs them cannot give: this looks, the problems word."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import fields

from flowc.diagnostics import Diagnostic
from flowc.ir.compute import Compute as Size
from flowc.ir.flow import Flow, Step
from flowc.ir.plan import render_plan
from flowc.targets.airflow import compute_problems as problems
from flowc.targets.bucket import parse_bucket
from flowc.targets.pods import Payload, mounted_twice, store_folder
from flowc.targets.target import CompileOptions

# What the fields of a step's size are called in decorators, where that is something else.
_ARGUMENTS = {
    "memory_mb": "memory",
    "disk_mb": "disk",
    "shared_memory_mib": "shared_memory",
    "tmpfs": "use_tmpfs",
}

# All that a step's size can say, which a pod gets.
ON_KUBERNETES = frozenset(_ARGUMENTS.get(field.name, field.name) for field in fields(Size))

# What a job of AWS Batch gets of it.
ON_BATCH = ON_KUBERNETES - {"disk", "gpu_vendor"}

# Linux starts no process with a longer variable:
# https://man7.org/linux/man-pages/man2/execve.2.html
_LONGEST_VARIABLE = 128 * 1024


def images(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """Steps without an image, where the default one lacks what they need."""
    without = [step.name for step in flow.steps.values() if not step.compute.image]
    if not without or options.image:
        return
    if options.package is None:
        yield problems.steps_without_image(flow.span, without, "neither flowc nor the flow's code")
    elif not store_folder(options.store):
        yield problems.steps_without_image(flow.span, without, "no client of the store")


def store(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """A store that has no place in a container."""
    folder = store_folder(options.store)
    if folder and not folder.startswith("/"):
        yield problems.store_without_place(flow.span, options.store)


def bucket(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """A store from which nobody can read what jobs on AWS decided."""
    if options.store and parse_bucket(options.store) is None:
        yield problems.jobs_without_bucket(flow.span, options.store)


def job_queues(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """Steps whose jobs have no queue to go to."""
    steps = flow.steps.values()
    without = [step.name for step in steps if not (step.batch and step.batch.queue)]
    if without and not options.aws.job_queue:
        yield problems.jobs_without_queue(flow.span, without)


def mounts(flow: Flow, of_all: list[Payload]) -> Iterator[Diagnostic]:
    """Folders in which a container would have several volumes; `of_all` are the mounts of all."""
    for step in flow.steps.values():
        for own in mounted_twice(step, of_all):
            yield problems.folder_taken(step.span, step.name, own.argument, own.path)


def plan(flow: Flow, options: CompileOptions) -> Iterator[Diagnostic]:
    """A plan that no task can be told, as it is longer than a variable may be."""
    if options.package:
        return
    size = len(f"FLOWC_PLAN={render_plan(flow)}".encode()) + 1
    if size > _LONGEST_VARIABLE:
        yield problems.plan_beyond_variable(flow.span, size, _LONGEST_VARIABLE)


def without_effect(flow: Flow, known: AbstractSet[str], place: str) -> Iterator[Diagnostic]:
    """What steps ask for besides the sizes that are known at that place."""
    for step in flow.steps.values():
        for decorator, names in (("", _sizes(step, known)), *_of_engines(step, place)):
            if names:
                from flowc.targets.pod_fields import place_of  # noqa: PLC0415 (few ask for it)

                first = decorator or _decorator(step, names[0])
                span = place_of(step, first, names[0])
                yield problems.without_effect(span, step.name, names, place)


def _sizes(step: Step, known: AbstractSet[str]) -> list[str]:
    size, nothing = step.compute, Size()
    names = {_ARGUMENTS.get(field.name, field.name): field.name for field in fields(Size)}
    asked = [name for name, of in names.items() if getattr(size, of) != getattr(nothing, of)]
    # Whose GPU it is to be says nothing by itself.
    unknown = [name for name in asked if name not in known and name != "gpu_vendor"]
    is_strange = "gpu_vendor" in asked and "gpu_vendor" not in known
    return [*unknown, *(["gpu"] if size.gpu and is_strange and "gpu" in known else [])]


def _of_engines(step: Step, place: str) -> Iterator[tuple[str, list[str]]]:
    if not (step.pod or step.batch):
        return
    from flowc.targets.pod_fields import UP_TO_ENGINE, asked  # noqa: PLC0415 (few ask for it)

    if step.pod:
        names = [field.name for field in fields(step.pod)]
        is_pod = place == "Kubernetes"
        yield "kubernetes", list(asked(step.pod, UP_TO_ENGINE if is_pod else names))
    if step.batch:
        # A disk of its own is what only Fargate has.
        is_job = place == "AWS Batch"
        of_job = ["ephemeral_storage"] if is_job else [field.name for field in fields(step.batch)]
        yield "batch", list(asked(step.batch, of_job))


def _decorator(step: Step, argument: str) -> str:
    return next((each.name for each in step.decorators if argument in each.arguments), "")
