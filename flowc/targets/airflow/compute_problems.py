"""What whatever runs the steps makes of them on Airflow: the problems, each with its page."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.pods import DEFAULT_IMAGE, STORE_CLAIM
from flowc.targets.wording import enumerated


@problem("FC670", Severity.WARNING)
def steps_without_image(span: Span, steps: Sequence[str], holds: str) -> Finding:
    r"""No image is named for a step, neither by the step nor on the command line.

    ## Why is this bad?
    Pods and containers need an image. It must hold Python and whatever the steps import, a client
    of the store among it; where tasks do not fetch a package, flowc's runtime and the flow's file
    in its working directory as well. In a bare Python image the first task would fail.

    ## Example
        flowc compile flow.py --target airflow --datastore-root s3://my-bucket/flows

    ## Use instead
        flowc compile flow.py --target airflow --datastore-root s3://my-bucket/flows \
            --image registry.example.com/train:1.4

    or name an image for a step:

        @kubernetes(image="registry.example.com/train:1.4")
        @step
        def start(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"no image is named for {enumerated(steps)}: they would run `{DEFAULT_IMAGE}`, which holds "
        f"{holds}",
        hint="pass `--image` with an image that does",
    )


@problem("FC671", Severity.WARNING)
def without_effect(span: Span, step: str, asked: Sequence[str], place: str) -> Finding:
    """A step asks for what it does not get where it is to run.

    ## Why is this bad?
    The step runs without it. A process of an Airflow worker has what the worker has, be it a GPU or
    memory; a container of Docker has no disk of its own and finds GPUs of NVIDIA
    only, as does a job of AWS Batch on EC2. Queues, roles and devices of AWS Batch mean nothing on
    Kubernetes, and node selectors nothing elsewhere.

    ## Example
        $ flowc compile flow.py --target airflow --compute worker

        @kubernetes(gpu=1, memory=16000)
        @step
        def fit(self):
            self.next(self.end)

    ## Use instead
        $ flowc compile flow.py --target airflow --compute kubernetes
    """
    has = "have" if len(asked) > 1 else "has"
    return Finding(
        span,
        f"{enumerated(asked)} of step `{step}` {has} no effect on {place}",
        hint="leave it out, or choose by `--compute` what can give it",
    )


@problem("FC672")
def store_without_place(span: Span, store: str) -> Finding:
    """The store is a relative path, and steps run in containers.

    ## Why is this bad?
    Containers have a file system of their own each, and meet only in the store. A path that does
    not start at the root has no place to mount a common folder at.

    ## Example
        flowc compile flow.py --target airflow --datastore-root ./runs

    ## Use instead
        flowc compile flow.py --target airflow --datastore-root /mnt/runs
    """
    return Finding(
        span,
        f"the store `{store}` is a relative path, which containers cannot share",
        hint=f"name a full path: pods have the volume of the claim `{STORE_CLAIM}` there, "
        "containers of Docker the machine's own folder",
    )


@problem("FC673")
def folder_taken(span: Span, step: str, argument: str, path: str) -> Finding:
    """A step asks for a volume in a folder where its container has another.

    ## Why is this bad?
    Kubernetes and Docker refuse two volumes in one folder. Besides those that a step asks for, each
    container has a store of files.

    ## Example
        @kubernetes(use_tmpfs=True, tmpfs_path="/scratch",
                    persistent_volume_claims={"shared": "/scratch"})

    ## Use instead
        @kubernetes(use_tmpfs=True, tmpfs_path="/scratch",
                    persistent_volume_claims={"shared": "/shared"})
    """
    return Finding(
        span,
        f"`{argument}` of `{step}` asks for a volume at `{path}`, where its container has another",
        hint="name another folder",
    )


@problem("FC674")
def plan_beyond_variable(span: Span, size: int, most: int) -> Finding:
    """The plan of the flow is longer than a variable of a process may be.

    ## Why is this bad?
    A task is told its flow's plan by a variable, and Linux starts no process with one of more than
    128 KiB.

    ## Example
    A flow of a thousand steps, compiled for images that hold its code.

    ## Use instead
    Deploy the flow, or give it a package, which holds the plan:

        flowc deploy flow.py --target airflow
    """
    return Finding(
        span,
        f"the plan takes {size / 1024:,.0f} KiB, and a variable has room for {most // 1024} KiB",
        hint="let tasks fetch the flow's code as a package, which holds its plan",
    )


@problem("FC675")
def jobs_without_bucket(span: Span, store: str) -> Finding:
    r"""Steps run as jobs of AWS Batch, and the store is no bucket on S3.

    ## Why is this bad?
    What a step decided, such as how many items a foreach has, Airflow reads from the store once the
    job has ended, and jobs and workers have nothing in common but S3.

    ## Example
        flowc compile flow.py --target airflow --compute batch --job-queue train \
            --datastore-root /mnt/runs

    ## Use instead
        flowc compile flow.py --target airflow --compute batch --job-queue train \
            --datastore-root s3://my-bucket/flows
    """
    return Finding(
        span,
        f"`{store}` is no bucket on S3, which is where jobs of AWS Batch leave what steps decide",
        hint="pass `--datastore-root s3://BUCKET/PREFIX`",
    )


@problem("FC676")
def jobs_without_queue(span: Span, steps: Sequence[str]) -> Finding:
    r"""No job queue is named for a step, neither by the step nor on the command line.

    ## Why is this bad?
    AWS Batch takes a job for a queue only, and has no queue by default.

    ## Example
        flowc compile flow.py --target airflow --compute batch --datastore-root s3://my-bucket

    ## Use instead
        flowc compile flow.py --target airflow --compute batch --datastore-root s3://my-bucket \
            --job-queue train

    or name a queue for a step:

        @batch(queue="train-on-gpus")
        @step
        def start(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"no job queue is named for {enumerated(steps)}",
        hint="pass `--job-queue`",
    )
