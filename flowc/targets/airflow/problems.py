"""What Airflow makes of a flow: the problems, each with its page."""

from __future__ import annotations

from flowc.diagnostics import Finding, Span, problem


@problem("FC660")
def no_store(span: Span) -> Finding:
    """No store is named.

    ## Why is this bad?
    Tasks run on whichever worker or node is free, and meet only in the store: a folder that all of
    them have mounted, or a bucket.

    ## Example
        flowc compile flow.py --target airflow

    ## Use instead
        flowc compile flow.py --target airflow --datastore-root s3://my-bucket/flows
    """
    return Finding(
        span,
        "no store is named, and tasks on different machines meet nowhere else",
        hint="pass `--datastore-root` with a bucket, or a folder that all workers share",
    )


@problem("FC661")
def invalid_dag_id(span: Span, name: str) -> Finding:
    """The name of the deployment is no id that a DAG can have.

    ## Why is this bad?
    Airflow takes letters, digits, dots, dashes and underscores, and refuses the file otherwise.

    ## Example
        flowc compile flow.py --target airflow --name "nightly train"

    ## Use instead
        flowc compile flow.py --target airflow --name nightly-train
    """
    return Finding(
        span,
        f"`{name}` cannot be the id of a DAG",
        hint="use at most 150 letters, digits, `.`, `-` and `_`",
    )


@problem("FC662")
def gang_beyond_cap(span: Span, step: str, size: int, max_workers: int) -> Finding:
    """A gang has more members than may run at once.

    ## Why is this bad?
    The members of a gang wait until all of them run. With fewer places than members none would
    begin, and all would give up after a while.

    ## Example
        flowc compile flow.py --target airflow --max-workers 4

    where a step has `self.next(self.train, num_parallel=8)`.

    ## Use instead
        flowc compile flow.py --target airflow --max-workers 8
    """
    return Finding(
        span,
        f"`{step}` opens a gang of {size}, and `--max-workers` lets {max_workers} run at once",
        hint=f"pass `--max-workers {size}` or more",
    )
