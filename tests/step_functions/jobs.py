"""Containers of AWS Batch as processes of this machine, each a fork of one that is warm.

`python jobs.py SOCKET` serves at a socket: a line of JSON asks for a process, a line tells how it
ended.
"""

from __future__ import annotations

import functools
import json
import socket
import socketserver
import sys
from dataclasses import asdict
from pathlib import Path

from argo.pods import Exit, Process, fork


class _Job(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        words = (sys.executable, *asked["words"][1:])
        ended = fork(Process(words, asked["variables"], Path(asked["folder"]), None))
        self.wfile.write(json.dumps(asdict(ended)).encode() + b"\n")


class _Jobs(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    max_children = 1000
    request_queue_size = 1000


def run(address: str, words: list[str], variables: dict[str, str], folder: str) -> Exit:
    """How a process ended that the server at a socket has started."""
    asked = {"words": words, "variables": variables, "folder": folder}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rw") as stream:
            stream.write(json.dumps(asked) + "\n")
            stream.flush()
            return Exit(**json.loads(stream.readline()))


def _warm() -> None:
    """Do what every job does before its step, once for all: import, and read the model of S3."""
    import boto3
    import botocore.session
    import s3transfer.manager  # noqa: F401
    from botocore.loaders import create_loader

    import flowc.runtime.s3_store
    import flowc.runtime.shim  # noqa: F401

    botocore.session.create_loader = functools.cache(create_loader)
    boto3.session.Session().client("s3", region_name="us-east-1")


def main() -> None:
    _warm()
    with _Jobs(sys.argv[1], _Job) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
