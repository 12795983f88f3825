"""The secrets of a flow's steps as the policy of their jobs names them; loaded where there are any.

Where a secret's backend is what the environment of a job says, it is taken for AWS's.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowc.ir.flow import Flow
from flowc.ir.secret_sources import Secrets, SecretSource
from flowc.targets.step_functions.naming import REGION, arn

_AWS = frozenset({"", "aws-secrets-manager"})


def secrets(flow: Flow) -> Iterator[str]:
    """The ARNs of what jobs read in their own role."""
    for asked, source in _sources(flow):
        if not (source.role or asked.role):
            yield _arn(source)


def roles(flow: Flow) -> Iterator[str]:
    """The roles that jobs read secrets in."""
    for asked, source in _sources(flow):
        if role := source.role or asked.role:
            yield role


def _sources(flow: Flow) -> Iterator[tuple[Secrets, SecretSource]]:
    for asked in filter(None, (step.secrets for step in flow.steps.values())):
        yield from ((asked, source) for source in asked.sources if source.backend in _AWS)


def _arn(source: SecretSource) -> str:
    # AWS ends the name in six letters of its own.
    if source.id.startswith("arn:"):
        return f"{source.id}*"
    region = source.options.get("region")
    place = arn("secretsmanager", f"secret:{source.id}-*")
    return place.replace(REGION, region) if isinstance(region, str) else place
