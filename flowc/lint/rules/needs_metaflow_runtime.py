"""FC350 `needs-metaflow-runtime`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Decorator, Flow
from flowc.ir.needs import needs_of_metaflow
from flowc.lint.rule import rule
from flowc.lint.runtime_advice import advice


@rule("FC350", Severity.WARNING)
def needs_metaflow_runtime(flow: Flow) -> Iterator[Finding]:
    """A decorator that only Metaflow's own runtime can act on.

    ## Why is this bad?
    By itself (`--runtime auto`) the flow then runs under Metaflow, which must be installed where
    its tasks run, and takes about a second longer for each. A task of flowc's native runtime
    (`--runtime native`) renders no cards, sets up no environments of `@conda`, nor those of `@pypi`
    that only running tells, and reads secrets only from AWS Secrets Manager and from variables;
    what else such decorators ask for has no effect there. What
    comes from an extension of Metaflow's, and the classes and functions that user step decorators
    and mutators are made with, cannot be imported there at all: the task fails.

    ## Example
        from metaflow import FlowSpec, step, torchrun

        @torchrun
        @step
        def train(self):

    ## Use instead
    Put Metaflow into the tasks' image. Or do without: what a step needs can be put into its image
    (`--image`) or into `@environment`, and what runs around it can be a plain function.
    """
    for need in needs_of_metaflow(flow):
        if isinstance(need.what, Decorator):
            yield Finding(need.span, need.why, advice(flow))
