"""An S3 on this machine: moto's server, or rclone's, which looks at signatures."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from flowc.runtime import s3_store

KEYS = {"AWS_ACCESS_KEY_ID": "known", "AWS_SECRET_ACCESS_KEY": "s3cret"}


def settings(endpoint: str) -> dict[str, str]:
    """The environment in which boto3 finds an endpoint, and nothing of the machine's own."""
    return {
        **KEYS,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_MAX_ATTEMPTS": "3",
    }


def use(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """Set variables, for this process and those that it starts, and forget clients of others."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(s3_store, "_clients", {})


class Server:
    """A running server and the buckets on it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = count()
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="known",
            aws_secret_access_key="s3cret",
        )

    def bucket(self) -> str:
        """The name of a new bucket."""
        name = f"bucket-{next(self._numbers)}"
        self.client.create_bucket(Bucket=name)
        return name

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """All keys in a bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", ()))

    def get(self, bucket: str, key: str) -> bytes:
        """What is under a key."""
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())


@contextmanager
def running() -> Iterator[Server]:
    """A server, as long as the context lasts."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    server = Server(f"http://{host}:{port}")
    try:
        yield server
    finally:
        server.client.close()
        moto.stop()


@contextmanager
def rclone(folder: Path) -> Iterator[Server]:
    """A server for the folders in a folder, as long as the context lasts."""
    log = folder / "log"
    store = folder / "store"
    store.mkdir()
    program = str(Path(sys.executable).with_name("rclone"))
    key = ",".join(KEYS.values())
    words = (program, "serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", key, str(store))
    with log.open("wb") as output:
        process = subprocess.Popen((*words, "--config", "/dev/null"), stderr=output)
    try:
        server = Server(_told_address(log))
        yield server
        server.client.close()
    finally:
        process.terminate()
        process.wait()


def _told_address(log: Path) -> str:
    for _ in range(300):
        told = re.search(r"\[(http://[^/]+)/\]", log.read_text())
        if told:
            return told[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text())
