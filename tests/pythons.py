"""Other versions of Python that this machine has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

OTHERS = ("3.9", "3.10", "3.12", "3.13")


def python_of(version: str) -> str | None:
    """The path of a Python, or `None` if there is none of that version."""
    found = shutil.which(f"python{version}")
    installed = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python3"))
    for candidate in (*map(str, installed), *([found] if found else [])):
        words = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.stdout.strip() == version:
            return candidate
    return None
