"""What botocore raises, as an error of one line with what to do about it."""

from __future__ import annotations

from typing import Any

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore import exceptions as boto  # type: ignore[import-untyped]

from flowc.errors import EngineError


class Explained:
    """A context in which what botocore raises becomes an `EngineError`."""

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, boto.ClientError):
            raise EngineError(f"{_said(error.response)} while {self._doing}") from None
        if isinstance(error, boto.BotoCoreError | Boto3Error):
            raise EngineError(f"{error} while {self._doing}") from None


def _said(response: Any) -> str:
    error = response.get("Error", {})
    return f"AWS answers {error.get('Code', '?')}: {error.get('Message', '')}".rstrip(": ")
