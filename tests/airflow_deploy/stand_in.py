"""A server that answers as Airflow 2 does, at once, and fails when it is told to.

What holds against it holds against the real ones in `test_servers.py`; here it is asked more often
than those could be, and refuses what those would only refuse in years.
"""

from __future__ import annotations

import ast
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_DAG = re.compile(r'dag_id="([^"]+)"')
# When runs have begun.
MOMENT = "2026-11-24T18:00:00+00:00"
# What a request is answered by in place of the server: a status with headers and a body, or by
# nothing at all for `None`, before or after it was heard.
Fault = tuple[int, dict[str, str], bytes] | None


@dataclass
class Airflow:
    """What the server has. It reads the files in its folder whenever it is asked."""

    folder: Path
    url: str = ""
    paused: dict[str, bool] = field(default_factory=dict)
    broken: str = ""
    # The failure, and from which request on the file in the folder is read again.
    trace: str = "Traceback\n  line\nE: x"
    mended_at: int = 0
    is_reading: bool = True
    is_hiding: bool = False
    # What its DAGs say of themselves, of which runs are made; what their files say if it is None.
    doc: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    # The runs of each DAG, the oldest first, and the tasks of each run.
    runs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tasks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # What else happens when a run is marked as failed.
    when_failed: Callable[[str], None] = lambda _run: None
    requests: list[str] = field(default_factory=list)
    # By the number of the request, from 1, and whether it has been heard.
    fault: Callable[[int, bool], Fault | bool] = lambda _number, _is_heard: False
    texts: dict[str, tuple[Path, str]] = field(default_factory=dict)

    def read_files(self) -> None:
        if self.mended_at and len(self.requests) >= self.mended_at:
            self.broken, self.mended_at = "", 0
        if not self.is_reading or self.broken:
            return
        self.texts = {
            dag: (file, text)
            for file in sorted(self.folder.glob("*.py"))
            for text in [file.read_text()]
            for dag in _DAG.findall(text)
        }
        for dag in self.texts:
            self.paused.setdefault(dag, True)

    def answer(self, method: str, address: str, body: Any) -> tuple[int, Any]:
        self.read_files()
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        path = unquote(parts.path)
        match path.removeprefix("/api/v1/").split("/"):
            case ["version"]:
                return 200, {"version": "2.11.2"}
            case ["dags", dag] if dag in self.texts:
                if method == "PATCH":
                    self.paused[dag] = body["is_paused"]
                return 200, self._dag(dag)
            case ["dags", dag, "details"] if dag in self.texts:
                return 200, {**self._dag(dag), "doc_md": self._doc(dag), "params": self.params}
            case ["dags"]:
                return 200, _page("dags", [self._dag(dag) for dag in self.texts], query)
            case ["dags", dag, "dagRuns", *more] if dag in self.texts:
                return self._runs(method, dag, more, body, query)
            case ["dagSources", file]:
                text = next(text for path, text in self.texts.values() if path.name == file)
                return 200, {"content": "REDACTED - no" if self.is_hiding else text}
            case ["parseDagFile", _]:
                return 201, None
            case ["importErrors"]:
                return 200, {"import_errors": self._errors(), "total_entries": len(self._errors())}
            case _:
                return 404, {"detail": "not there", "status": 404}

    def _dag(self, dag: str) -> dict[str, Any]:
        file, _ = self.texts[dag]
        return {
            "dag_id": dag,
            "fileloc": str(file),
            "file_token": file.name,
            "is_paused": self.paused[dag],
            "is_active": True,
            "tags": [{"name": "flowc"}, {"name": "flow:TrainFlow"}],
        }

    def _runs(
        self, method: str, dag: str, more: list[str], body: Any, query: dict[str, str]
    ) -> tuple[int, Any]:
        runs = self.runs.setdefault(dag, [])
        match more:
            case [] if method == "POST":
                self.started(dag, body["dag_run_id"], conf=body["conf"])
                return 200, runs[-1]
            case []:
                return 200, _page("dag_runs", runs[::-1], query)
            case [name, *what]:
                found = next((run for run in runs if run["dag_run_id"] == name), None)
                if found is None:
                    return 404, {"detail": "no such run", "status": 404}
                if what == ["taskInstances"]:
                    return 200, _page("task_instances", self.tasks.get(name, []), query)
                found.update(body or {})
                if (body or {}).get("state") == "failed":
                    self.when_failed(name)
                return 200, found
        raise AssertionError(more)

    def started(self, dag: str, name: str, **fields: Any) -> None:
        """Have a run that goes on."""
        made = {"dag_id": dag, "dag_run_id": name, "state": "running", "start_date": MOMENT}
        self.runs.setdefault(dag, []).append({**made, **fields})

    def _doc(self, dag: str) -> str | None:
        """The flow's DAG has the docstring of its file."""
        file, text = self.texts[dag]
        if dag != file.stem:
            return "A round of a loop"
        return self.doc if self.doc is not None else ast.get_docstring(ast.parse(text))

    def _errors(self) -> list[dict[str, Any]]:
        if not self.broken:
            return []
        time = str(len(self.requests))
        return [{"filename": self.broken, "stack_trace": self.trace, "timestamp": time}]


def _page(name: str, found: list[Any], query: dict[str, str]) -> dict[str, Any]:
    at = int(query.get("offset", "0"))
    return {name: found[at : at + int(query["limit"])], "total_entries": len(found)}


def _handler(airflow: Airflow) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            airflow.requests.append(f"{self.command} {unquote(urlsplit(self.path).path)}")
            number = len(airflow.requests)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            if self._fails(number, is_heard=False):
                return
            status, found = airflow.answer(self.command, self.path, body)
            if not self._fails(number, is_heard=True):
                self._send(status, {}, b"" if found is None else json.dumps(found).encode())

        do_GET = do_PATCH = do_PUT = do_POST = _do  # noqa: N815 (called so by http.server)

        def _fails(self, number: int, *, is_heard: bool) -> bool:
            fault = airflow.fault(number, is_heard)
            if fault is None or fault is True:
                self.close_connection = True
            elif fault is not False:
                self._send(*fault)
            return fault is not False

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def serving(folder: Path) -> Iterator[Airflow]:
    airflow = Airflow(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(airflow)) as server:
        airflow.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield airflow
        finally:
            server.shutdown()
            thread.join()
