"""A proxy before an S3 server, which harms the requests that it is told to."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

# What is done to the request with that number and method: nothing, or one of the kinds below.
Harm: TypeAlias = Callable[[int, str], str]

_ERRORS = {
    "500": (500, "InternalError"),
    "slow down": (503, "SlowDown"),
    "expired": (400, "ExpiredToken"),
}
_OWN_HEADERS = frozenset({"connection", "content-length", "date", "server"})


class Proxy(ThreadingHTTPServer):
    """A server that hands requests on to another; `asked` is what it was asked for."""

    daemon_threads = True

    def __init__(self, target: str, harm: Harm) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.harm = harm
        self.asked: list[str] = []
        self.stopped = threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: killed tasks break their connections off."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {self.path}")
        kind = self.server.harm(len(self.server.asked), self.command)
        if kind in _ERRORS:
            status, code = _ERRORS[kind]
            self.reply(status, {}, f"<Error><Code>{code}</Code></Error>".encode())
        elif kind == "reset":
            self.reset()
        else:
            self.forward(body, kind)

    def forward(self, body: bytes, kind: str) -> None:
        connection = http.client.HTTPConnection(self.server.target, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if kind == "late":
            self.server.stopped.wait(3)
        if kind in {"lost", "late"}:
            self.reset()
        else:
            headers = {
                name: text for name, text in answer.getheaders() if name.lower() not in _OWN_HEADERS
            }
            self.reply(answer.status, headers, content, is_half=kind == "truncated")

    def reply(
        self, status: int, headers: dict[str, str], content: bytes, *, is_half: bool = False
    ) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if is_half else content)
        self.close_connection = is_half

    def reset(self) -> None:
        self.close_connection = True
        # Without a moment to linger, closing sends a reset.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_request  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


@contextmanager
def proxied(endpoint: str, harm: Harm) -> Iterator[Proxy]:
    """A proxy before a server, as long as the context lasts.

    Harms are `500`, `slow down` and `expired`, which the server never sees; `reset`, of which it
    does not see anything either; `lost`, which it carries out, though nobody is told so; `late`,
    which is lost after seconds; and `truncated`, an answer of half its length.
    """
    proxy = Proxy(endpoint.partition("://")[2], harm)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stopped.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
