"""Secrets of Kubernetes that are mounted as files: each file becomes a variable of the step."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from package.containers import packed
from package.packed import FLOWS

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.conftest import Project

STEP = """
    @step
    def start(self):
        import os
        self.found = {name: os.environ.get(name) for name in NAMES}
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def mounted(folder: Path, **values: str) -> str:
    """A folder as the kubelet fills it: names are links, into folders that hold a version."""
    version = folder / "..2026_11_24"
    version.mkdir(parents=True)
    (folder / "..data").symlink_to(version.name)
    for name, value in values.items():
        (version / name).write_text(value)
        (folder / name).symlink_to(f"..data/{name}")
    return str(folder)


def start(
    project: Project, names: tuple[str, ...], **environment: str
) -> subprocess.CompletedProcess[str]:
    project.linear(STEP, "start", "end", header=f"from flowc import *\n\nNAMES = {names!r}\n")
    return project.step("start", **environment)


def test_entries_are_variables_and_the_last_secret_wins(project: Project, tmp_path: Path) -> None:
    first = mounted(tmp_path / "first", USER="ada", HOST="a", LINES="1\n2\n")
    second = mounted(tmp_path / "second", HOST="b")

    done = start(
        project, ("USER", "HOST", "LINES"), FLOWC_SECRETS=f"{first}:{second}", USER="of the image"
    )

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"USER": "ada", "HOST": "b", "LINES": "1\n2\n"}


def test_what_the_step_sets_itself_stays(project: Project, tmp_path: Path) -> None:
    folder = mounted(tmp_path / "first", USER="ada", HOST="a")

    start(
        project,
        ("USER", "HOST"),
        FLOWC_SECRETS=folder,
        FLOWC_SECRETS_BUT="PORT,HOST",
        HOST="of the step",
    )

    assert project.artifact("found", "start") == {"USER": "ada", "HOST": "of the step"}


def test_a_machine_without_pods_has_none(project: Project, tmp_path: Path) -> None:
    done = start(project, ("USER",), FLOWC_SECRETS=str(tmp_path / "missing"), USER="ada")

    assert done.returncode == 0, done.stderr
    assert project.artifact("found", "start") == {"USER": "ada"}


def test_an_entry_that_cannot_be_read_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "USER").symlink_to("nowhere")

    done = start(project, (), FLOWC_SECRETS=str(tmp_path))

    assert done.returncode == 1
    assert f"cannot read the secret in {tmp_path / 'USER'}: No such file" in done.stderr


def test_a_package_is_fetched_with_them(tmp_path: Path) -> None:
    place = packed(FLOWS / "linear" / "flow.py", tmp_path / "container")
    folder = mounted(tmp_path / "secret", FLOWC_STORE=os.fspath(place.store))
    words = [*place.words("start")]
    at = words.index("--store")
    del words[at : at + 2]

    done = place.start(words, {"FLOWC_SECRETS": folder})

    assert done.returncode == 0, done.stderr
    assert place.store.is_dir()
