"""The way to an Airflow server: its version, and who asks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flowc.deploy.airflow.api import Api
from flowc.deploy.airflow.credentials import Credentials, from_environment
from flowc.deploy.airflow.errors import reached, refusal, unreadable
from flowc.deploy.airflow.http import Answer, ask, pool
from flowc.errors import UsageError

_FINE = 400
_ABSENT = 404
_FAILS = 429
_UNKNOWN = (401, 403)


@dataclass
class Connection:
    """Asks a server, as whom the environment says; nothing is asked before it must be.

    What it refuses, and what never answers, is an `EngineError`.
    """

    url: str
    credentials: Credentials = field(default_factory=from_environment)

    def __post_init__(self) -> None:
        self.url = _checked(self.url)

    @cached_property
    def version(self) -> str:
        """Such as `3.1.0`."""
        for path in ("api/v2/version", "api/v1/version"):
            answer = self._unsigned("GET", path, "asking for its version")
            if answer.status < _FINE:
                found = self._read(answer, "asking for its version")
                if isinstance(found, dict) and isinstance(found.get("version"), str):
                    return str(found["version"])
        if answer.status in _UNKNOWN or answer.status >= _FAILS:
            raise refusal(answer, self.url, self.credentials, "asking for its version")
        raise unreadable(self.url, "asking for its version")

    def ask(self, call: Callable[[Api], Answer], doing: str) -> Any:
        """The answer's JSON; `None` where there is no such thing."""
        answer = self.answer(call, doing)
        return None if answer is None else self._read(answer, doing)

    def answer(self, call: Callable[[Api], Answer], doing: str) -> Answer | None:
        """The answer itself; `None` where there is no such thing."""
        answer = self.any_answer(call, doing)
        if answer.status == _ABSENT:
            # Airflow says in words what it has not; another server has pages.
            self._read(answer, doing)
            return None
        if answer.status >= _FINE:
            raise refusal(answer, self.url, self.credentials, doing)
        return answer

    def any_answer(self, call: Callable[[Api], Answer], doing: str) -> Answer:
        """The answer, whatever it is; one to a token that has expired is asked for again."""
        with reached(self.url, doing):
            answer = call(self.api)
            if answer.status in _UNKNOWN and self._is_renewable:
                del self.api
                answer = call(self.api)
        return answer

    @cached_property
    def api(self) -> Api:
        """The calls of the server's version."""
        if self.version.startswith(("0.", "1.", "2.")):
            from flowc.deploy.airflow.api2 import Api2  # noqa: PLC0415 (one of two is needed)

            return Api2(self.url, self.credentials)
        from flowc.deploy.airflow.api3 import Api3  # noqa: PLC0415 (it takes a second to import)

        return Api3(self.url, self.credentials.token or self._token())

    @property
    def _is_renewable(self) -> bool:
        is_of_2 = self.version.startswith("2.")
        return bool(self.credentials.user) and not is_of_2

    def _token(self) -> str:
        """The token that a user gets for the password; none without a user."""
        doing = "getting a token"
        if not self.credentials.user:
            return ""
        body = {"username": self.credentials.user, "password": self.credentials.password}
        answer = self._unsigned("POST", "auth/token", doing, body)
        if answer.status >= _FINE:
            raise refusal(answer, self.url, self.credentials, doing)
        found = self._read(answer, doing)
        if not isinstance(found, dict) or "access_token" not in found:
            raise unreadable(self.url, doing)
        return str(found["access_token"])

    def _unsigned(self, method: str, path: str, doing: str, body: Any = None) -> Answer:
        token = self.credentials.token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with reached(self.url, doing):
            return ask(pool(self.url), method, f"{self.url}/{path}", body, headers)

    def _read(self, answer: Answer, doing: str) -> Any:
        try:
            return json.loads(answer.content or b"null")
        except ValueError:
            raise unreadable(self.url, doing) from None


def _checked(url: str) -> str:
    """The address without what may follow it; a `UsageError` tells what is none."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError("--airflow-url must be an address such as https://airflow.example")
    if "@" in parts.netloc:
        raise UsageError(
            "--airflow-url must not hold a password: set FLOWC_AIRFLOW_USER and "
            "FLOWC_AIRFLOW_PASSWORD"
        )
    path = parts.path.rstrip("/")
    for ending in ("/api/v1", "/api/v2", "/home"):
        path = path.removesuffix(ending)
    return f"{parts.scheme}://{parts.netloc}{path}"
