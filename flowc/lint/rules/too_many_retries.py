"""FC307 `too-many-retries`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

_MOST = 4


@rule("FC307")
def too_many_retries(flow: Flow) -> Iterator[Finding]:
    """More retries than Metaflow allows.

    ## Why is this bad?
    Attempts are numbered below six, two of which may belong to `@catch`; Metaflow refuses more
    than four retries.

    ## Example
        @retry(times=10)

    ## Use instead
        @retry(times=4)
    """
    for step in flow.steps.values():
        if step.policy.retries > _MOST:
            yield Finding(
                step.span,
                f"step `{step.name}` asks for {step.policy.retries} retries",
                f"ask for at most {_MOST}",
            )
