"""Clients of AWS whose calls end in bounded time, and whose errors say what is wrong."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]

from flowc.deploy.step_functions.errors import Explained
from flowc.deploy.step_functions.place import Place

# Throttled calls are made again by botocore, which also waits longer each time.
_CONFIG = Config(
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 6},
    user_agent_extra="flowc",
)


class Session:
    """The account that the environment, a profile or a role gives access to.

    All that is asked of AWS stands in `with session.explained("what is being done"):`, so that
    what botocore raises is an `EngineError`.
    """

    def __init__(self) -> None:
        self.client = cache(self._client)
        self._boto = cache(boto3.session.Session)

    @cached_property
    def place(self) -> Place:
        """Where all is that is asked of AWS."""
        # Without a region, AWS would still say who asks.
        with self.explained("finding the region"):
            region: str = self.client("stepfunctions").meta.region_name
        with self.explained("asking who you are"):
            identity = self.client("sts").get_caller_identity()
        return Place(identity["Arn"].split(":")[1], region, identity["Account"])

    def explained(self, doing: str) -> Explained:
        """A context for calls of AWS; `doing` completes `… while`."""
        return Explained(doing)

    def _client(self, service: str) -> Any:
        with self.explained(f"connecting to {service}"):
            return self._boto().client(service, config=_CONFIG)
