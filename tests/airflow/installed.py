"""Airflows of this machine, each with a home of its own: settings, database, DAG files.

`make airflow` installs them; without them, what needs them is skipped.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.environments import RELEASES, equipped, template

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = tuple(RELEASES)
USER = PASSWORD = "admin"

_REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Airflow:
    """An Airflow, and a folder for all that it writes.

    Its tasks find its own Python as `python`, and flowc as it is in this repository.
    """

    version: str
    python: Path
    home: Path

    @property
    def dags(self) -> Path:
        """The folder that its DAG files are in."""
        return self.home / "dags"

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of its processes; `core__parallelism="4"` is one setting more."""
        settings = {**_settings(self), **more}
        own = {f"AIRFLOW__{name.upper()}": text for name, text in settings.items()}
        return {**_inherited(self.python), "AIRFLOW_HOME": str(self.home), **own}


def install(version: str, home: Path) -> Airflow:
    """An Airflow with an empty database and no DAG files, in a folder that is there."""
    python = equipped(version)
    if not python:
        pytest.skip(f"there is no Airflow {version}; `make airflow` installs it")
    shutil.copy(template(version), home / "airflow.db")
    (home / "passwords.json").write_text(json.dumps({USER: PASSWORD}))
    airflow = Airflow(version, python, home)
    airflow.dags.mkdir()
    return airflow


def engines_only() -> None:
    """Skip what takes an Airflow at work, unless it is engines that are tested."""
    if not os.environ.get("FLOWC_ENGINES"):
        pytest.skip("an Airflow at work takes minutes; `make engines TARGET=airflow` has them")


def _inherited(python: Path) -> dict[str, str]:
    """The environment of this process, but for what concerns its own Python, or another Airflow."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    kept.pop("VIRTUAL_ENV", None)
    return kept | {
        "PATH": os.pathsep.join((str(python.parent), os.environ["PATH"])),
        "PYTHONPATH": str(_REPOSITORY),
        "PYTHONWARNINGS": "ignore",
        "NO_PROXY": "127.0.0.1,localhost",
        # Airflow 2 has doubts about SQLite beside an executor that runs tasks side by side.
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
    }


def _settings(airflow: Airflow) -> Mapping[str, str]:
    return {
        "core__dags_folder": str(airflow.dags),
        "core__load_examples": "False",
        "core__executor": "LocalExecutor",
        "core__fernet_key": "",
        "core__min_serialized_dag_update_interval": "0",
        "core__min_serialized_dag_fetch_interval": "0",
        "core__simple_auth_manager_users": f"{USER}:admin",
        "core__simple_auth_manager_passwords_file": str(airflow.home / "passwords.json"),
        "api__auth_backends": "airflow.api.auth.backend.basic_auth",
        "api__secret_key": "s3cret",
        "api_auth__jwt_secret": "a secret of no less than sixty-four bytes, which HS512 asks for.",
        "webserver__secret_key": "s3cret",
        "database__sql_alchemy_conn": f"sqlite:///{airflow.home}/airflow.db?timeout=60",
        "usage_data_collection__enabled": "False",
        "metrics__timer_unit_consistency": "True",
    }
