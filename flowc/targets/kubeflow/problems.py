"""What Kubeflow Pipelines makes of a flow: the problems, each with its page."""

from __future__ import annotations

from flowc.diagnostics import Finding, Span, problem


@problem("FC690")
def no_common_store(span: Span) -> Finding:
    """No store is named.

    ## Why is this bad?
    Tasks run in pods, each with a file system of its own, and meet only in the store.

    ## Example
        flowc compile flow.py --target kubeflow

    ## Use instead
        flowc compile flow.py --target kubeflow --datastore-root s3://my-bucket/flows
    """
    return Finding(
        span,
        "no store is named, and pods meet nowhere else",
        hint="pass `--datastore-root` with a bucket",
    )
