"""The REST API of Airflow 2, which the client of Airflow 3 does not speak."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flowc.deploy.airflow.api import PAGE, Attempt
from flowc.deploy.airflow.credentials import Credentials
from flowc.deploy.airflow.http import Answer, ask, pool


class Api2:
    """See `Api`."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        self._url = url
        self._pool = pool(url)
        self._headers = _authorization(credentials)

    def dag(self, dag: str) -> Answer:
        return self._ask("GET", f"dags/{_part(dag)}")

    def details(self, dag: str) -> Answer:
        return self._ask("GET", f"dags/{_part(dag)}/details")

    def dags(self, tag: str, offset: int) -> Answer:
        return self._ask("GET", "dags", tags=tag, limit=PAGE, offset=offset)

    def source(self, dag: str, token: str) -> Answer:
        return self._ask("GET", f"dagSources/{_part(token)}")

    def reparse(self, token: str) -> Answer:
        return self._ask("PUT", f"parseDagFile/{_part(token)}")

    def import_errors(self, offset: int) -> Answer:
        return self._ask("GET", "importErrors", limit=PAGE, offset=offset)

    def pause(self, dag: str, *, is_paused: bool) -> Answer:
        body = {"is_paused": is_paused}
        return self._ask("PATCH", f"dags/{_part(dag)}", body, update_mask="is_paused")

    def trigger(self, dag: str, run: str, conf: Mapping[str, Any]) -> Answer:
        body = {"dag_run_id": run, "conf": dict(conf)}
        return self._ask("POST", f"dags/{_part(dag)}/dagRuns", body)

    def run(self, dag: str, run: str) -> Answer:
        return self._ask("GET", _run(dag, run))

    def runs(self, dag: str, limit: int, offset: int, prefix: str) -> Answer:
        path = f"dags/{_part(dag)}/dagRuns"
        return self._ask("GET", path, limit=limit, offset=offset, order_by="-id")

    def fail(self, dag: str, run: str, note: str) -> Answer:
        noted = self._ask("PATCH", f"{_run(dag, run)}/setNote", {"note": note})
        # Whoever is not let do the one is not let do the other.
        if noted.status >= 400:
            return noted
        return self._ask("PATCH", _run(dag, run), {"state": "failed"})

    def tasks(self, dag: str, run: str, offset: int) -> Answer:
        return self._ask("GET", f"{_run(dag, run)}/taskInstances", limit=PAGE, offset=offset)

    def log(self, attempt: Attempt) -> Answer:
        task = f"{_run(attempt.dag, attempt.run)}/taskInstances/{_part(attempt.task)}"
        query = urlencode({"full_content": "true", "map_index": attempt.index})
        address = f"{self._url}/api/v1/{task}/logs/{attempt.number}?{query}"
        return ask(self._pool, "GET", address, headers={**self._headers, "Accept": "text/plain"})

    def dag_page(self, dag: str) -> str:
        return f"{self._url}/dags/{_part(dag)}/grid"

    def run_page(self, dag: str, run: str) -> str:
        return f"{self.dag_page(dag)}?{urlencode({'dag_run_id': run})}"

    def _ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        address = f"{self._url}/api/v1/{path}{f'?{urlencode(query)}' if query else ''}"
        return ask(self._pool, method, address, body, self._headers)


def _run(dag: str, run: str) -> str:
    return f"dags/{_part(dag)}/dagRuns/{_part(run)}"


def _part(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def _authorization(credentials: Credentials) -> dict[str, str]:
    if credentials.token:
        return {"Authorization": f"Bearer {credentials.token}"}
    if not credentials.user:
        return {}
    both = f"{credentials.user}:{credentials.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
