"""Policies with the account that credentials lead to."""

from __future__ import annotations

from typing import Any

from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError


def filled(policies: Any) -> Any:
    """The policies with partition, region and account for CloudFormation's names of them.

    Without credentials or a region the names stay, as whoever makes roles may do that elsewhere.
    """
    try:
        place = Session().place
    except EngineError:
        return policies
    return place.filled(policies)
