"""Real servers of Airflow at work, as whoever deploys meets them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from airflow.installed import PASSWORD, USER, engines_only, install
from airflow.scheduler import Live, running

# Tokens that users get expire so soon that some are got again in each test, and those that are
# meant for a command line at once.
_SETTINGS = {
    "api_auth__jwt_leeway": "0",
    "api_auth__jwt_expiration_time": "20",
    "api_auth__jwt_cli_expiration_time": "1",
}
_FRESH, _SHORT = "auth/token", "auth/token/cli"


@dataclass(frozen=True)
class Server:
    """A server, with the folder that it reads."""

    live: Live

    @property
    def is_second(self) -> bool:
        return self.live.airflow.version.startswith("2.")

    @property
    def dags(self) -> Path:
        return self.live.airflow.dags

    @property
    def url(self) -> str:
        return self.live.url

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to `admin`, whose token is a new one."""
        api = "v1" if self.is_second else "v2"
        answer = requests.request(
            method,
            f"{self.url}/api/{api}/{path}",
            json=body,
            headers={} if self.is_second else {"Authorization": f"Bearer {self.token()}"},
            auth=(USER, PASSWORD) if self.is_second else None,
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()

    def token(self, *, is_short: bool = False) -> str:
        """What Airflow 3 gives for the password."""
        path = _SHORT if is_short else _FRESH
        body = {"username": USER, "password": PASSWORD}
        answer = requests.post(f"{self.url}/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


@contextmanager
def serving(version: str, folder: Path) -> Iterator[Server]:
    """A server, as long as the context lasts."""
    engines_only()
    with running(install(version, folder), **_SETTINGS) as live:
        yield Server(live)
