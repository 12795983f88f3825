"""What can be wrong with the sensors that a flow waits for on Airflow."""

from __future__ import annotations

from flowc.diagnostics import Finding, problem
from flowc.ir.flow import Decorator


@problem("FC344")
def missing_argument(decorator: Decorator, argument: str) -> Finding:
    """A sensor without the argument that says what it waits for.

    ## Why is this bad?
    There is nothing to look for, and Metaflow refuses it.

    ## Example
        @airflow_s3_key_sensor(timeout=600)

    ## Use instead
        @airflow_s3_key_sensor(bucket_key="s3://houses/prices.csv", timeout=600)
    """
    return Finding(
        decorator.span,
        f"`@{decorator.name}` must be given `{argument}`",
        f"say what to wait for: `{argument}=…`",
    )
