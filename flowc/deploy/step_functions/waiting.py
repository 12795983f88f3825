"""Calls that are made again for a while, because AWS is still at something else."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TypeVar

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

T = TypeVar("T")

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8


def patiently(call: Callable[[], T], codes: Collection[str], seconds: float = 60) -> T:
    """What the call returns; it is made again as long as AWS answers with one of the codes."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return call()
        except ClientError as error:
            if code(error) not in codes or seconds <= 0:
                raise
        time.sleep(pause)
        seconds -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)


def found(call: Callable[[], T], *codes: str) -> T | None:
    """What the call returns; nothing where AWS answers with one of the codes."""
    try:
        return call()
    except ClientError as error:
        if code(error) not in codes:
            raise
    return None


def code(error: ClientError) -> str:
    """What AWS calls an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
