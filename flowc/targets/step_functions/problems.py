"""What Step Functions makes of a flow: the problems, each with its page."""

from __future__ import annotations

from collections.abc import Sequence

from flowc.diagnostics import Finding, Severity, Span, problem
from flowc.targets.wording import enumerated

# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_BYTES = 1024 * 1024


@problem("FC640")
def no_bucket(span: Span, store: str) -> Finding:
    """The store is no bucket on S3.

    ## Why is this bad?
    A state machine knows what a step decided, such as how many items a foreach has, by reading it
    from the store, and S3 is what Step Functions can read.

    ## Example
        flowc compile flow.py --target step-functions

    ## Use instead
        flowc compile flow.py --target step-functions --datastore-root s3://my-bucket/flows
    """
    named = f"`{store}` is no bucket on S3" if store else "no bucket on S3 is named"
    return Finding(
        span,
        f"{named}, and Step Functions reads from nowhere else what steps decide",
        hint="pass `--datastore-root s3://BUCKET/PREFIX`",
    )


@problem("FC641")
def no_image(span: Span, steps: Sequence[str]) -> Finding:
    r"""No image is named for a step, neither by the step nor on the command line.

    ## Why is this bad?
    AWS Batch runs each task in a container, and takes no job definition without an image.

    ## Example
        flowc compile flow.py --target step-functions --datastore-root s3://my-bucket

    ## Use instead
        flowc compile flow.py --target step-functions --datastore-root s3://my-bucket \
            --image 123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1.4

    or name an image for a step:

        @batch(image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/train:1.4")
        @step
        def start(self):
            self.next(self.end)
    """
    return Finding(
        span,
        f"no image is named for {enumerated(steps)}",
        hint="pass `--image` with an image that holds flowc and the flow's code",
    )


@problem("FC642")
def no_job_queue(span: Span, steps: Sequence[str]) -> Finding:
    r"""No job queue is named for a step, neither by the step nor on the command line.

    ## Why is this bad?
    AWS Batch takes a job for a queue only, and has no queue by default.

    ## Example
        flowc compile flow.py --target step-functions --datastore-root s3://my-bucket

    ## Use instead
        flowc compile flow.py --target step-functions --datastore-root s3://my-bucket \
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
        hint="pass `--job-queue` with the name or ARN of a queue of AWS Batch",
    )


@problem("FC643", Severity.WARNING)
def decorator_not_emitted(span: Span, decorator: str) -> Finding:
    """A decorator of the flow means nothing in what is compiled for Step Functions.

    ## Why is this bad?
    The flow is compiled without it: nothing is waited for before the first step.

    ## Example
        @airflow_s3_key_sensor(bucket_key="s3://prices/new.csv")
        class TrainFlow(FlowSpec):
            ...

    ## Use instead
        @trigger(event="new-prices")
        class TrainFlow(FlowSpec):
            ...
    """
    return Finding(
        span,
        f"`@{decorator}` has no effect on Step Functions",
        hint="start the flow by `@trigger`, or compile to a target that has it",
    )


@problem("FC740")
def definition_too_large(span: Span, size: int) -> Finding:
    """The definition of the state machine is larger than Step Functions takes.

    ## Why is this bad?
    AWS refuses requests of more than 1 MiB, in which each quotation mark of a definition counts
    twice.

    ## Example
    A flow of some two thousand steps.

    ## Use instead
    Split the flow, and let one part start after the other with `@trigger_on_finish`.
    """
    return Finding(
        span,
        f"the state machine's definition has {size:,} bytes as it is sent, "
        f"and Step Functions takes {MAX_BYTES:,}",
        hint="split the flow in two, the second with `@trigger_on_finish`",
    )
