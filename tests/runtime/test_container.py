"""What a task's record says of its container, where AWS runs it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from flowc.runtime.container import container

if TYPE_CHECKING:
    from collections.abc import Iterator

# As AWS documents it; much is left out.
ANSWERS = {
    "/v4/known": {
        "DockerId": "known",
        "LogDriver": "awslogs",
        "LogOptions": {
            "awslogs-group": "/aws/batch/job",
            "awslogs-region": "eu-west-1",
            "awslogs-stream": "train/default/abc",
        },
    },
    "/v4/elsewhere": {"DockerId": "elsewhere", "LogDriver": "splunk"},
    "/v4/list": [],
}


class _Agent(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = ANSWERS.get(self.path)
        self.send_response(404 if content is None else 200)
        self.end_headers()
        self.wfile.write(b"gone" if content is None else json.dumps(content).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def agent() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Agent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v4"
        server.shutdown()


def test_nothing_is_said_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_BATCH_JOB_ID", raising=False)
    monkeypatch.delenv("ECS_CONTAINER_METADATA_URI_V4", raising=False)

    assert container() == {}


def test_the_log_is_known_on_aws(agent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "job#0")
    monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", f"{agent}/known")

    log = {"group": "/aws/batch/job", "stream": "train/default/abc"}
    assert container() == {"aws": {"job": "job#0", **log}}


@pytest.mark.parametrize("name", ["elsewhere", "list", "missing"])
def test_what_is_not_said_is_left_out(
    agent: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BATCH_JOB_ID", "job")
    for address in (f"{agent}/{name}", "http://127.0.0.1:1/v4", "nonsense"):
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", address)

        assert container() == {"aws": {"job": "job"}}
