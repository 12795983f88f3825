"""FC363 `inline-secret`."""

from __future__ import annotations

from collections.abc import Iterator

from flowc.diagnostics import Finding, Severity
from flowc.ir.flow import Flow
from flowc.lint.rule import rule


@rule("FC363", Severity.WARNING)
def inline_secret(flow: Flow) -> Iterator[Finding]:
    """A secret of type `inline`: its value stands in the flow's source.

    ## Why is this bad?
    Whoever can read the source, its history, the image or the code package can read the secret.
    Metaflow has the type for tests of its own. What a flow must keep to itself belongs where only
    its tasks can read it; the source then has nothing but its name.

    ## Example
        @secrets(sources=[{"type": "inline", "id": "db", "options": {"env_vars": {"KEY": "x"}}}])
        @step
        def load(self):

    ## Use instead
        @secrets(sources=["aws-secrets-manager.database"])
        @step
        def load(self):

    Or `"environment.KEY"`, for a variable that the pod has from a secret of Kubernetes, and that
    `flowc run` takes from the shell or from the file that `FLOWC_SECRETS_FILE` names.
    """
    for step in flow.steps.values():
        for source in step.secrets.sources if step.secrets else ():
            asking = next((each for each in step.decorators if each.name == "secrets"), None)
            if source.backend == "inline" and asking:
                yield Finding(
                    asking.span,
                    f"the value of secret `{source.id}` stands in the source",
                    "keep it in AWS Secrets Manager, or in a variable: `environment.NAME`",
                )
