"""Two Airflows, each in an environment of its own, with all that they need at one version.

`python tests/airflow/environments.py` makes those whose requirements have changed, or those that it
is told. With `--lock` it writes the requirements: what is current, for Airflow's versions below.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

RELEASES = {"3.3": "3.3.2", "2.11": "2.11.2"}
PROVIDERS = ("standard", "cncf-kubernetes", "docker", "amazon")

_ENVIRONMENTS = Path(sys.prefix) / "airflow"
_REQUIREMENTS = Path(__file__).parent / "requirements"
# Airflow 2.11 knows no later Python.
_PYTHON = ">=3.11,<3.13"


def equipped(version: str) -> Path | None:
    """The interpreter of the environment of that version, if it has been made as it is now."""
    made = _marker(version)
    if made.exists() and made.read_text() == _locked(version).read_text():
        return made.with_name("bin") / "python"
    return None


def template(version: str) -> Path:
    """A new database of that Airflow, with a user `admin` where it keeps users there."""
    return _marker(version).with_name("template.db")


def set_up(version: str) -> None:
    """Make the environment, unless it is there."""
    marker, lock = _marker(version), _locked(version)
    if not equipped(version):
        python = str(marker.with_name("bin") / "python")
        _uv("venv", "--quiet", "--clear", "--python", _PYTHON, str(marker.parent))
        _uv("pip", "install", "--quiet", "--python", python, "--requirement", str(lock))
        _make_template(version)
        marker.write_text(lock.read_text())
    marker.touch()


def _make_template(version: str) -> None:
    """Migrating a database takes Airflow several seconds, and adding a user as many."""
    database = template(version)
    airflow = str(database.with_name("bin") / "airflow")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    address = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}"}
    with tempfile.TemporaryDirectory() as home:
        environment = {**kept, **address, "AIRFLOW_HOME": home}
        _run(airflow, "db", "migrate", environment=environment)
        if version.startswith("2."):
            who = ("--firstname=A", "--lastname=A", "--email=a@example.com")
            who = (*who, "--username=admin", "--password=admin", "--role=Admin")
            _run(airflow, "users", "create", *who, environment=environment)
    # So that whoever reads does not wait for who writes.
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def lock(version: str) -> None:
    """Write down the versions of all that Airflow needs."""
    wanted = [f"apache-airflow=={RELEASES[version]}"]
    wanted += [f"apache-airflow-providers-{provider}" for provider in PROVIDERS]
    words = ("--quiet", "--universal", "--python-version", "3.11", "--no-header", "--no-annotate")
    _uv("pip", "compile", *words, "--output-file", str(_locked(version)), "-", given=wanted)


def _uv(*words: str, given: list[str] | None = None) -> None:
    _run(str(Path(sys.executable).with_name("uv")), *words, given=given)


def _run(
    *words: str, given: list[str] | None = None, environment: dict[str, str] | None = None
) -> None:
    done = subprocess.run(
        words,
        input="\n".join(given or ()),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)


def _locked(version: str) -> Path:
    return _REQUIREMENTS / f"{version}.txt"


def _marker(version: str) -> Path:
    return _ENVIRONMENTS / version / ".ready"


if __name__ == "__main__":
    make = lock if "--lock" in sys.argv else set_up
    for each in [word for word in sys.argv[1:] if word in RELEASES] or RELEASES:
        make(each)
