"""FC308 `positional-argument`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow, Unknown
from flowc.ir.known_decorators import IN_NO_MANIFEST
from flowc.lint.rule import rule

_BY_NAME_ONLY = frozenset(
    {"retry", "catch", "timeout", "resources", "kubernetes", "batch", "environment", "secrets"}
    | {"card", "conda", "pypi", "parallel", "conda_base", "pypi_base", "project", "schedule"}
    | {"trigger", "trigger_on_finish", "exit_hook"}
    | {"airflow_external_task_sensor", "airflow_s3_key_sensor"}
)


@rule("FC308")
def positional_argument(flow: Flow) -> Iterator[Finding]:
    """A decorator that is given an argument without its name, or by `*` or `**`.

    ## Why is this bad?
    These decorators know their arguments by name alone: Metaflow takes the first one without
    a name for the step. What `**` holds only running would tell.

    ## Example
        @retry(3)

    ## Use instead
        @retry(times=3)
    """
    on_steps = (decorator for step in flow.steps.values() for decorator in step.decorators)
    for decorator in (*flow.decorators, *on_steps):
        for value in decorator.positional if decorator.core in _BY_NAME_ONLY else ():
            given = value.text if isinstance(value, Unknown) else repr(value)
            if not (given.startswith("**") and decorator.core in IN_NO_MANIFEST):
                yield Finding(
                    decorator.span,
                    f"`@{decorator.name}` is given `{given}` without a name",
                    "write each argument as `name=value`",
                )
