"""As much of Kubernetes' API as Airflow's operator for pods asks for; containers are processes.

An image is the folder of its flow, in which its processes start, and `python` is this one. A pod
with the sidecar for XComs runs until that has been told to end.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

from airflow.web_socket import Channels
from argo.pods import expand

if TYPE_CHECKING:
    from collections.abc import Iterator

Payload: TypeAlias = dict[str, Any]

_REPOSITORY = Path(__file__).parents[2]
_BEGAN = "2026-01-01T00:00:00Z"
_SIDECAR = "airflow-xcom-sidecar"
_XCOM = "/airflow/xcom"
_POD = re.compile(r"/api/v1/namespaces/([^/]+)/pods(?:/([^/]+)(?:/(log|exec))?)?")


@dataclass
class Pod:
    """A pod, the process of its first container, and the folder that this shares with the other."""

    document: Payload
    process: subprocess.Popen[bytes]
    folder: Path
    sidecar_told: bool = False

    @property
    def has_sidecar(self) -> bool:
        return len(self.document["spec"]["containers"]) > 1

    def seen(self) -> Payload:
        """The pod with its status as it is now."""
        code = self.process.poll()
        ended = [code, 0 if self.sidecar_told else None][: 1 + self.has_sidecar]
        phase = "Running" if None in ended else "Failed" if any(ended) else "Succeeded"
        names = ("base", _SIDECAR)
        statuses = [_status(name, each) for name, each in zip(names, ended, strict=False)]
        return self.document | {"status": {"phase": phase, "containerStatuses": statuses}}

    def log(self) -> bytes:
        """All that its first container has printed, once that has ended."""
        self.process.wait()
        lines = (self.folder / "log").read_bytes().splitlines(keepends=True)
        return b"".join(_BEGAN.encode() + b" " + line for line in lines)

    def answer(self, command: str) -> bytes:
        """What a command prints in the sidecar; those that read a file, and that end it."""
        control = self.folder / "return.json"
        if "kill" in command:
            self.sidecar_told = True
            return b""
        return control.read_bytes() if control.exists() else b"__airflow_xcom_result_empty__\n"


def _status(name: str, code: int | None) -> Payload:
    reason = "Error" if code else "Completed"
    state = (
        {"running": {"startedAt": _BEGAN}}
        if code is None
        else {"terminated": {"exitCode": code, "reason": reason}}
    )
    return {"name": name, "ready": code is None, "restartCount": 0, "state": state} | {
        "image": name,
        "imageID": name,
    }


@dataclass
class Cluster:
    """The pods that are there, by name, and all that ever were."""

    folder: Path
    address: str = ""
    pods: dict[str, Pod] = field(default_factory=dict)
    created: list[Payload] = field(default_factory=list)

    def kubeconfig(self) -> Path:
        """The file that leads to it."""
        file = self.folder / "kubeconfig.json"
        place = {"cluster": "here", "user": "me", "namespace": "flows"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": self.address}}],
            "contexts": [{"name": "here", "context": place}],
            "users": [{"name": "me", "user": {}}],
        }
        file.write_text(json.dumps(content))
        return file

    def create(self, document: Payload) -> Payload:
        name = document["metadata"]["name"]
        folder = self.folder / name
        folder.mkdir()
        self.created.append(document)
        self.pods[name] = Pod(document, _started(document, folder), folder)
        return self.pods[name].seen()

    def selected(self, selector: str) -> list[Payload]:
        """The pods that a selector of labels is for."""
        labelled = [
            (each.seen(), each.document["metadata"]["labels"]) for each in self.pods.values()
        ]
        return [seen for seen, labels in labelled if _is_for(selector, labels)]

    def end(self) -> None:
        for pod in self.pods.values():
            pod.process.kill()
            pod.process.wait()


def _is_for(selector: str, labels: dict[str, str]) -> bool:
    for term in filter(None, selector.split(",")):
        name, sign, value = re.split(r"(!=|=|$)", term, maxsplit=1)
        matches = {
            "=": labels.get(name) == value,
            "!=": labels.get(name) != value,
            "": name.lstrip("!") not in labels,
        }
        if not matches[sign]:
            return False
    return True


def _started(document: Payload, folder: Path) -> subprocess.Popen[bytes]:
    container = document["spec"]["containers"][0]
    given: dict[str, str] = {}
    for each in container["env"]:
        # What has no value is told by the cluster, and that is its address only.
        value = expand(each["value"], given) if "value" in each else "127.0.0.1"
        given[each["name"]] = value.replace(_XCOM, str(folder))
    words = [expand(word, given) for word in (*container["command"], *container["args"])]
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_REPOSITORY)}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable if words[0] == "python" else words[0], *words[1:]],
            cwd=container["image"],
            env=own | given,
            stdout=log,
            stderr=log,
        )


class _Server(ThreadingHTTPServer):
    cluster: Cluster
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        found = _POD.fullmatch(url.path)
        pods = self.server.cluster.pods
        if not found:
            self._tell({"items": [], "metadata": {"resourceVersion": "1"}})
        elif not found[2]:
            items = self.server.cluster.selected(query.get("labelSelector", [""])[0])
            self._tell({"items": items})
        elif found[2] not in pods:
            self._tell({"reason": "NotFound"}, 404)
        elif found[3] == "log":
            self._send(pods[found[2]].log(), "text/plain")
        elif found[3] == "exec":
            self._exec(pods[found[2]], query["command"])
        else:
            self._tell(pods[found[2]].seen())

    def do_POST(self) -> None:
        self._tell(self.server.cluster.create(self._body()), 201)

    def do_PATCH(self) -> None:
        pod = self._pod()
        pod.document["metadata"]["labels"].update(self._body()["metadata"]["labels"])
        self._tell(pod.seen())

    def do_DELETE(self) -> None:
        pod = self._pod()
        self._body()
        pod.process.send_signal(signal.SIGTERM)
        self._tell(self.server.cluster.pods.pop(pod.document["metadata"]["name"]).seen())

    def log_message(self, *_: Any) -> None:
        pass

    def _pod(self) -> Pod:
        found = _POD.fullmatch(urlsplit(self.path).path)
        assert found
        return self.server.cluster.pods[found[2]]

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")

    def _tell(self, document: Payload, status: int = 200) -> None:
        self._send(json.dumps(document).encode(), "application/json", status)

    def _send(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _exec(self, pod: Pod, command: list[str]) -> None:
        channels = Channels(self.headers["Sec-WebSocket-Key"], self.rfile, self.wfile)
        channels.open()
        # A shell without a command is told one.
        text = command[2] if len(command) > 1 else channels.told()
        channels.say(pod.answer(text))
        channels.close()
        self.close_connection = True


@contextmanager
def running() -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="flowc-") as folder:
        server = _Server(("127.0.0.1", 0), _Handler)
        address = f"http://127.0.0.1:{server.server_port}"
        server.cluster = Cluster(Path(folder), address)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.cluster
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            server.cluster.end()
