"""FC364 `invalid-secret-variable`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from flowc.diagnostics import Finding
from flowc.ir.flow import Flow
from flowc.lint.rule import rule

if TYPE_CHECKING:
    from flowc.ir.secret_sources import SecretSource

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_METAFLOW = "METAFLOW_"


@rule("FC364")
def invalid_secret_variable(flow: Flow) -> Iterator[Finding]:
    """A secret would become a variable that cannot be.

    ## Why is this bad?
    The name of a variable has letters, digits and underscores, and no digit first; those that
    begin with `METAFLOW_` are Metaflow's own. The task would be refused before its step runs.

    ## Example
        @secrets(sources=[{"type": "environment", "id": "my-db"}])
        @step
        def load(self):

    ## Use instead
        @secrets(sources=[{"type": "environment", "id": "my-db", "options": {
            "variables": ["DB_USER", "DB_PASSWORD"]
        }}])
        @step
        def load(self):

    Or `"environment.DB_PASSWORD"`, for a single one.
    """
    for step in flow.steps.values():
        sources = step.secrets.sources if step.secrets else ()
        asking = [each for each in step.decorators if each.name == "secrets"]
        for source in sources if asking else ():
            for name in _variables(source):
                if not _NAME.fullmatch(name) or name.startswith(_OF_METAFLOW):
                    yield Finding(
                        asking[0].span,
                        f"secret `{source.id}` cannot become the variable `{name}`",
                        "name variables in its `options`, by `variables` or `env_var_name`",
                    )


def _variables(source: SecretSource) -> list[str]:
    """The variables that a secret becomes, as far as the source says so."""
    renamed = source.options.get("env_var_name")
    match source.backend:
        case "environment":
            given = source.options.get("variables")
            names = [str(name) for name in given] if isinstance(given, tuple) else []
            names = names or [source.id]
            return [str(renamed)] if renamed and len(names) == 1 else names
        case "aws-secrets-manager":
            return [re.sub(r"[-./]", "_", str(renamed))] if renamed else []
        case "inline":
            given = source.options.get("env_vars")
            return [str(name) for name in given] if isinstance(given, Mapping) else []
        case _:
            return []
