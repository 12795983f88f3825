"""Projects whose tasks make environments. Their packages are real."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from runtime.conftest import Project

MAKING = "gets an environment of its own"
# Where nobody listens.
NOWHERE = "http://127.0.0.1:9"
SIX = {"packages": {"pypi": {"six": "1.16.0"}}}
SOURCE = """
@step
def start(self):
    import os, sys
    self.version = __import__("six").__version__
    self.python = "%d.%d" % sys.version_info[:2]
    self.prefix = sys.prefix
    self.next(self.end)

@step
def end(self):
    self.version = __import__("six").__version__
"""


class Lab:
    """A project whose tasks make environments in a folder of their own."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self.folder = folder

    def write(self, source: str = SOURCE, **first: Any) -> None:
        """A flow of two steps, of which the first one has what is given."""
        self.project.linear(source, "start", "end", **first)

    def environments(self) -> list[Path]:
        """Those that tasks can find, by what they are."""
        links = filter(Path.is_symlink, self.folder.iterdir()) if self.folder.exists() else ()
        return sorted(link.resolve() for link in links)


def without_uv(*more: Path) -> str:
    """The path without what has a uv, and with other folders before it."""
    folders = os.environ["PATH"].split(os.pathsep)
    kept = (folder for folder in folders if not shutil.which("uv", path=folder))
    return os.pathsep.join([*map(str, more), *kept])


@pytest.fixture
def lab(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Where pip is all there is: this Python as it was before an environment was made of it."""
    monkeypatch.setenv("FLOWC_ENVIRONMENTS", str(tmp_path / "environments"))
    monkeypatch.setenv("PATH", without_uv())
    project.python = str(Path(sys.executable).resolve())
    return Lab(project, tmp_path / "environments")


@pytest.fixture
def uv(lab: Lab) -> Lab:
    """Where uv is there, which is installed beside this Python."""
    lab.project.python = sys.executable
    return lab


@pytest.fixture(params=["uv", "pip"])
def either(lab: Lab, request: pytest.FixtureRequest) -> Lab:
    if request.param == "uv":
        lab.project.python = sys.executable
    return lab
