"""Servers of Airflow, and what stands for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.installed import VERSIONS
from airflow_deploy import servers, stand_in
from airflow_deploy.checkouts import Repository


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    """The folder that DAG files go to."""
    folder = tmp_path / "dags"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    return Repository(tmp_path)


@pytest.fixture
def airflow(dags: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[stand_in.Airflow]:
    """A server that reads that folder, and takes anybody."""
    for name in ("TOKEN", "USER", "PASSWORD", "URL"):
        monkeypatch.delenv(f"FLOWC_AIRFLOW_{name}", raising=False)
    with stand_in.serving(dags) as server:
        yield server


@pytest.fixture(scope="session", params=VERSIONS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[servers.Server]:
    """A real server; each test has its own deployments there."""
    with servers.serving(request.param, tmp_path_factory.mktemp("airflow")) as found:
        yield found
