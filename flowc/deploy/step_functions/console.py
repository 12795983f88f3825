"""Pages of AWS's console."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowc.deploy.step_functions.session import Session

_HOSTS = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def execution_link(session: Session, arn: str) -> str:
    """The page that shows an execution."""
    region, host = session.region, _HOSTS.get(session.partition, "console.aws.amazon.com")
    return f"https://{region}.{host}/states/home?region={region}#/v2/executions/details/{arn}"
