"""The S3 that Metaflow uploads to before it compiles anything: moto's, on this machine."""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_BUCKET = "bench"

# Without bytecode, an editable install would compile flowc's source anew in each process, while
# pip has compiled Metaflow's when it installed it.
_SETTINGS = ("METAFLOW", "FLOWC", "PYTHONDONTWRITEBYTECODE")


@contextmanager
def metaflow_on_s3(home: Path) -> Iterator[Mapping[str, str]]:
    """The environment in which Metaflow finds a cloud, as long as the context lasts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    try:
        _make_bucket(url)
        yield {**plain_environment(home), **_on_s3(url)}
    finally:
        server.stop()


def plain_environment(home: Path) -> dict[str, str]:
    """The environment in which both run on this machine, without the user's settings."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(_SETTINGS)}
    return {
        **kept,
        "METAFLOW_HOME": str(home),
        "METAFLOW_DATASTORE_SYSROOT_LOCAL": str(home),
        "METAFLOW_USER": "bench",
        "USER": "bench",
    }


def _on_s3(url: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "METAFLOW_S3_ENDPOINT_URL": url,
        "METAFLOW_DEFAULT_DATASTORE": "s3",
        "METAFLOW_DATASTORE_SYSROOT_S3": f"s3://{_BUCKET}/metaflow",
        "METAFLOW_KUBERNETES_NAMESPACE": "default",
    }


def _make_bucket(url: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
    for _ in range(50):
        with suppress(BotoCoreError):
            client.create_bucket(Bucket=_BUCKET)
            return
        time.sleep(0.1)
    raise SystemExit(f"moto does not answer at {url}")
