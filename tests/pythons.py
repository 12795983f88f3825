"""The other versions of Python on this machine, each in an environment of its own.

`python tests/pythons.py` sets the environments up. They have boto3, for stores on S3, and PyYAML,
which a fixture's own code imports, and nothing else that flowc needs: its runtime is to do with
that.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

VERSIONS = ("3.9", "3.10", "3.12", "3.13")

_PACKAGES = ("boto3", "pyyaml")
_ENVIRONMENTS = Path(__file__).parents[1] / ".venv" / "pythons"


def bare(version: str) -> str | None:
    """An interpreter of that version on this machine, without any packages."""
    found = shutil.which(f"python{version}")
    installed = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python3"))
    for candidate in (*map(str, installed), *([found] if found else [])):
        words = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return candidate
    return None


def equipped(version: str) -> str | None:
    """The interpreter of the environment of that version, if it has been set up."""
    python = _ENVIRONMENTS / version / "bin" / "python"
    return str(python) if python.exists() else None


def set_up() -> None:
    """Make the environments that are missing, for the versions that this machine has."""
    for version in VERSIONS:
        python = bare(version)
        if python and not equipped(version):
            draft = _ENVIRONMENTS / f".{version}"
            shutil.rmtree(draft, ignore_errors=True)
            subprocess.run([python, "-m", "venv", draft], check=True)
            pip = [draft / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
            subprocess.run([*pip, "install", "--quiet", *_PACKAGES], check=True)
            draft.rename(_ENVIRONMENTS / version)


if __name__ == "__main__":
    set_up()
