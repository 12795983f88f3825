"""Containers on AWS as processes of this machine, each a fork of one that is warm.

`python jobs.py SOCKET` serves at a socket: a line of JSON asks for a process, a line tells its
group, and another how it ended.
"""

from __future__ import annotations

import functools
import json
import os
import socket
import socketserver
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from argo.pods import KILLED, Exit, Process, fork, spawn

if TYPE_CHECKING:
    from collections.abc import Callable


class _Job(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        os.setsid()
        self.wfile.write(f"{os.getpid()}\n".encode())
        words = (sys.executable, *asked["words"][1:])
        start = fork if words[1] == "-m" else spawn
        ended = start(Process(words, asked["variables"], Path(asked["folder"]), None))
        self.wfile.write(json.dumps(asdict(ended)).encode() + b"\n")


class _Jobs(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    max_children = 1000
    request_queue_size = 1000


def run_container(
    image: str,
    words: list[str],
    variables: dict[str, str],
    tell: Callable[[int], None] = lambda _group: None,
) -> Exit:
    """How a container of an image ended, which is a folder below `IMAGES`; see `run`."""
    folder = Path(os.environ["IMAGES"]) / image
    own = {
        "FLOWC_PLAN": str(folder / "plan.json"),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
    }
    environment = {**os.environ, **own, **variables}
    ended = run(os.environ["JOBS"], words, environment, str(folder / "source"), tell)
    if ended.code:
        sys.stderr.write(ended.output)
    return ended


def run(
    address: str,
    words: list[str],
    variables: dict[str, str],
    folder: str,
    tell: Callable[[int], None],
) -> Exit:
    """How a process ended that the server at a socket has started; `tell` hears of its group."""
    asked = {"words": words, "variables": variables, "folder": folder}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rw") as stream:
            stream.write(json.dumps(asked) + "\n")
            stream.flush()
            tell(int(stream.readline()))
            # Who is killed with all of its group says no more.
            told = stream.readline()
            return Exit(**json.loads(told)) if told else Exit(KILLED, "")


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
