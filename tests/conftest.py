"""The switch that rewrites golden files, and an S3 on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from object_servers import Azure, Gcs
    from s3_server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite fixtures' expected/")


class Golden:
    """Compares text with a golden file, or writes it if that was asked for."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, path: Path, text: str) -> None:
        if self._update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert text == expected, f"{path} differs; `make golden` rewrites it, then read the diff"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    update = bool(request.config.getoption("--update-golden"))
    if update and os.environ.get("CI"):
        raise pytest.UsageError("golden files are not rewritten in CI")
    return Golden(update=update)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    from s3_server import running

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    from s3_server import rclone

    with rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture
def rclone(rclone_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Another server like `s3`, which refuses what is not signed well."""
    from s3_server import settings, use

    use(monkeypatch, settings(rclone_server.endpoint))
    return rclone_server


@pytest.fixture
def s3(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, with an environment in which it is the S3 of this process and its children."""
    from s3_server import settings, use

    use(monkeypatch, settings(s3_server.endpoint))
    return s3_server


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[Gcs]:
    from object_servers import gcs

    with gcs() as server:
        yield server


@pytest.fixture(scope="session")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    from object_servers import azure

    with azure(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture
def gcs(gcs_server: Gcs, monkeypatch: pytest.MonkeyPatch) -> Gcs:
    """The server, with an environment in which gcsfs finds it."""
    for name, text in gcs_server.variables.items():
        monkeypatch.setenv(name, text)
    return gcs_server


@pytest.fixture
def azure(azure_server: Azure, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """The server, with an environment in which adlfs finds it."""
    for name, text in azure_server.variables.items():
        monkeypatch.setenv(name, text)
    return azure_server
