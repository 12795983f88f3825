"""Policies with the account that credentials lead to."""

from __future__ import annotations

from typing import Any

from flowc.deploy.step_functions.session import Session
from flowc.errors import EngineError


def filled(policies: Any) -> Any:
    """The policies with partition, region and account for CloudFormation's names of them.

    Without credentials or a region the names stay, as whoever makes roles may do that elsewhere.
    """
    session = Session()
    try:
        words = {
            "${AWS::Partition}": session.partition,
            "${AWS::Region}": session.region,
            "${AWS::AccountId}": session.account,
        }
    except EngineError:
        return policies
    return _filled(policies, words)


def _filled(value: Any, words: dict[str, str]) -> Any:
    match value:
        case str():
            for name, word in words.items():
                value = value.replace(name, word)
            return value
        case dict():
            return {key: _filled(each, words) for key, each in value.items()}
        case list():
            return [_filled(each, words) for each in value]
        case _:
            return value
