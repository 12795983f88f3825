"""FC353 `needs-metaflow-import`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Flow, Import
from flowc.ir.needs import needs_of_metaflow
from flowc.lint.rule import rule
from flowc.lint.runtime_advice import advice


@rule("FC353", Severity.WARNING)
def needs_metaflow_import(flow: Flow) -> Iterator[Finding]:
    """An import of what only Metaflow has.

    ## Why is this bad?
    By itself (`--runtime auto`) the flow then runs under Metaflow, which must be installed where
    its tasks run, and takes about a second longer for each. Under flowc's native runtime
    (`--runtime native`) a flow gets from `metaflow` what flowc has a name for, and of the modules
    below it `metaflow.exception`; all else fails when it is imported.

    ## Example
        from metaflow import S3, FlowSpec, step
        from metaflow.cards import Markdown

    ## Use instead
    Put Metaflow into the tasks' image. Or use a library of your own: boto3 for S3, say. An import
    in a `try` that expects an `ImportError` is taken for one that the flow can do without.
    """
    for need in needs_of_metaflow(flow):
        if isinstance(need.what, Import):
            yield Finding(need.span, need.why, advice(flow))
